#include "onnx_runtime.h"

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/file.h"
#include "base/subprocess.h"
#include "base/test_folder.h"
#include "onnx/onnx.h"

namespace bitloom::onnx_runtime {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

fs::path modules() {
  const char* given = std::getenv("BITLOOM_ONNXRUNTIME");
  return given ? given : BITLOOM_ONNXRUNTIME_MODULES;
}

json write_tensor(const Tensor& tensor, const fs::path& folder, const std::string& file) {
  const auto floats = tensor.floats();
  write_file(folder / file, {reinterpret_cast<const char*>(floats.data()), floats.size_bytes()});
  return {{"type", "float32"}, {"dims", tensor.shape().dims()}, {"file", file}};
}

template <class Stored>
std::vector<Stored> elements(const std::string& bytes) {
  std::vector<Stored> values(bytes.size() / sizeof(Stored));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(Stored));
  return values;
}

template <class Stored>
Tensor integers(const Shape& shape, ElementType element, const std::string& bytes) {
  const std::vector<Stored> stored = elements<Stored>(bytes);
  return Tensor(TensorType{shape, element, {}}, std::vector<std::int32_t>(stored.begin(), stored.end()));
}

Tensor read_tensor(const json& output, const fs::path& folder) {
  const std::string bytes = read_file(folder / output.at("file").get<std::string>()), type = output.at("type");
  const Shape shape(output.at("dims").get<std::vector<std::int64_t>>());
  if (type == "float32") return Tensor(shape, elements<float>(bytes));
  if (type == "int64") return Tensor::int64(shape, elements<std::int64_t>(bytes));
  if (type == "int32") return integers<std::int32_t>(shape, ElementType::int32(), bytes);
  if (type == "int16") return integers<std::int16_t>(shape, ElementType::integer(16, true), bytes);
  if (type == "uint16") return integers<std::uint16_t>(shape, ElementType::integer(16, false), bytes);
  if (type == "int8") return integers<std::int8_t>(shape, ElementType::int8(), bytes);
  if (type == "uint8") return integers<std::uint8_t>(shape, ElementType::uint8(), bytes);
  if (type == "bool") return integers<std::uint8_t>(shape, ElementType::boolean(), bytes);
  throw std::runtime_error("an output of type " + type);
}

}  // namespace

std::string why_absent() {
  if (find_program("node").empty()) return "node is not installed, and ONNX Runtime is run through it";
  if (!fs::exists(modules() / "onnxruntime-node"))
    return fmt::format("ONNX Runtime is not installed: run ./test where npm is, or npm install --ignore-scripts onnxruntime-node for {}", modules().string());
  return {};
}

std::uint64_t test_seed() {
  const char* given = std::getenv("BITLOOM_TEST_SEED");
  return given ? std::stoull(given) : 1;
}

bool is_required() { return std::getenv("CI") && !find_program("npm").empty(); }

std::vector<Result> run(std::span<const Job* const> jobs) {
  const TestFolder folder;
  json list = json::array();
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Job& job = *jobs[i];
    const std::string model = fmt::format("{}.onnx", i);
    write_onnx(job.graph, folder.path() / model);
    json inputs = json::array();
    for (std::size_t k = 0; k < job.inputs.size(); ++k) inputs.push_back(write_tensor(job.inputs[k], folder.path(), fmt::format("{}.{}.in", i, k)));
    list.push_back({{"model", model}, {"inputs", inputs}, {"optimize", job.optimize}});
    if (!job.optimized.empty()) list.back()["optimized"] = fs::absolute(job.optimized).lexically_relative(folder.path()).string();
  }
  write_file(folder.path() / "jobs.json", list.dump());
  const SubprocessResult ended =
      run_subprocess({"node", fmt::format("{}/tests/onnxruntime/run_models.mjs", BITLOOM_SOURCE_DIR), modules().string(), folder.path().string()});
  if (ended.exit_code != 0) throw std::runtime_error("run_models.mjs: " + ended.output);

  std::vector<Result> results;
  for (const json& entry : json::parse(read_file(folder.path() / "results.json"))) {
    Result& result = results.emplace_back();
    result.error = entry.value("error", "");
    if (result.error.empty())
      for (const json& output : entry.at("outputs")) result.outputs.push_back(read_tensor(output, folder.path()));
  }
  return results;
}

}  // namespace bitloom::onnx_runtime
