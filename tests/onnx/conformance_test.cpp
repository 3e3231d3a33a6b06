// ONNX's own backend tests (Debian's libonnx-testdata): every case is read, computed by the interpreter and compared with the outputs that
// ONNX's authors recorded. A case passes, is unsupported (refused by the name of a node and its operator) or fails; the totals are printed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "ir/interpreter.h"
#include "onnx/bytes.h"
#include "onnx/tensor_proto.h"

namespace bitloom::onnx_format {
namespace {

namespace fs = std::filesystem;

constexpr int kFewestPasses = 832;  // as many as do; more when more are supported

fs::path data_folder() {
  const char* given = std::getenv("BITLOOM_ONNX_TESTDATA");
  return given ? given : "/usr/share/libonnx-testdata/data";
}

/// Folders with a model.onnx and its recorded data, as "node/test_abs".
std::vector<std::string> all_cases() {
  std::vector<std::string> cases;
  for (const char* part : {"node", "simple", "pytorch-operator", "pytorch-converted"}) {
    std::error_code missing;
    for (const fs::directory_entry& entry : fs::directory_iterator(data_folder() / part, missing))
      if (fs::exists(entry.path() / "model.onnx")) cases.push_back(fmt::format("{}/{}", part, entry.path().filename().string()));
  }
  std::ranges::sort(cases);
  return cases;
}

struct Totals {
  int passed = 0, failed = 0;
  std::map<std::string, int> unsupported;  ///< by reason
};
Totals totals;

/// The tensors of one recorded data set; empty where one of them is a sequence or an optional.
std::vector<onnx::TensorProto> recorded(const fs::path& folder, const char* what) {
  std::vector<onnx::TensorProto> tensors;
  for (int i = 0;; ++i) {
    const fs::path file = folder / fmt::format("{}_{}.pb", what, i);
    if (!fs::exists(file)) return tensors;
    if (!tensors.emplace_back().ParseFromString(read_file(file))) return {};
  }
}

/// Numpy has no bfloat16, so ONNX's authors recorded such tensors as the uint16 of their bits.
void restore_bfloat16(std::vector<onnx::TensorProto>& tensors, const google::protobuf::RepeatedPtrField<onnx::ValueInfoProto>& declared) {
  for (int i = 0; i < declared.size() && i < static_cast<int>(tensors.size()); ++i)
    if (declared[i].type().tensor_type().elem_type() == onnx::TensorProto::BFLOAT16)
      tensors[static_cast<std::size_t>(i)].set_data_type(onnx::TensorProto::BFLOAT16);
}

/// What the file computes: the first `most_data` float inputs stay inputs, all others (shapes, axes, scales) are constants.
std::vector<Tensor> compute(const std::string& bytes, const onnx::GraphProto& graph,
                            const std::vector<onnx::TensorProto>& inputs, std::size_t most_data) {
  ReadOnnxOptions options;
  options.literal = true;
  std::vector<Tensor> data;
  for (int i = 0; i < graph.input_size() && i < static_cast<int>(inputs.size()); ++i) {
    const onnx::TensorProto& input = inputs[static_cast<std::size_t>(i)];
    const std::string& name = graph.input(i).name();
    if (name.empty()) continue;
    Tensor tensor = decode(input, "input '" + name + "'");
    const bool is_data = is_floating_point(input.data_type()) && tensor.elements() > 0 && data.size() < most_data;
    if (is_data)
      data.push_back(std::move(tensor));
    else
      options.constants.emplace(name, std::move(tensor));
  }
  const Graph model = from_bytes(bytes, "model.onnx", options);
  return Interpreter(model).run(std::move(data));
}

std::string refusal_of(const std::string& bytes) {
  try {
    from_bytes(bytes, "model.onnx");
    return "a model whose inputs cannot be read was accepted";
  } catch (const InputError& error) {
    return error.what();
  }
}

/// ONNX's own tolerance (backend test runner) is 1e-3 relative, 1e-7 absolute. A bfloat16 is recorded cut off where ONNX Runtime, and we,
/// round it (onnx/onnx#3876): there the last place may differ by one.
constexpr float kTolerance = 1e-3f, kBfloat16Tolerance = 0x1p-7f;

bool agree(float ours, float theirs, float tolerance) {
  if (std::isnan(theirs) || std::isnan(ours)) return std::isnan(theirs) && std::isnan(ours);
  if (std::isinf(theirs) || std::isinf(ours)) return ours == theirs;
  return std::abs(ours - theirs) <= 1e-7f + tolerance * std::abs(theirs);
}

std::string difference(const Tensor& ours, const Tensor& theirs, float tolerance) {
  if (ours.shape() != theirs.shape() || ours.type().element != theirs.type().element)
    return fmt::format("{}, recorded {}", to_string(ours.type()), to_string(theirs.type()));
  return ours.visit([&](auto values) -> std::string {
    using T = typename decltype(values)::value_type;
    const auto expected = theirs.values<std::remove_const_t<T>>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      bool same = values[i] == expected[i];
      if constexpr (std::is_floating_point_v<T>) same = agree(values[i], expected[i], tolerance);
      if (!same) return fmt::format("element {} is {}, recorded {}", i, values[i], expected[i]);
    }
    return "";
  });
}

class OnnxBackend : public testing::TestWithParam<std::string> {};

TEST_P(OnnxBackend, ComputesWhatIsRecorded) {
  const fs::path folder = data_folder() / GetParam();
  const std::string bytes = read_file(folder / "model.onnx");
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(bytes));
  std::string refusal, found;
  for (int set = 0; fs::exists(folder / fmt::format("test_data_set_{}", set)) && refusal.empty(); ++set) {
    const fs::path data = folder / fmt::format("test_data_set_{}", set);
    std::vector<onnx::TensorProto> inputs = recorded(data, "input"), expected = recorded(data, "output");
    restore_bfloat16(inputs, model.graph().input());
    restore_bfloat16(expected, model.graph().output());
    std::vector<Tensor> outputs;
    try {
      try {
        outputs = compute(bytes, model.graph(), inputs, inputs.size());
      } catch (const InputError&) {  // an operator may want all but its data to be constant, or all (Range)
        try {
          outputs = compute(bytes, model.graph(), inputs, 1);
        } catch (const InputError&) {
          outputs = compute(bytes, model.graph(), inputs, 0);
        }
      }
      ASSERT_EQ(outputs.size(), expected.size());
      for (std::size_t i = 0; i < outputs.size() && found.empty(); ++i) {
        const bool is_bfloat16 = expected[i].data_type() == onnx::TensorProto::BFLOAT16;
        found = difference(outputs[i], decode(expected[i], "output"), is_bfloat16 ? kBfloat16Tolerance : kTolerance);
      }
    } catch (const InputError& error) {
      refusal = error.what();
    }
    // Recorded inputs that cannot be read, as strings, say nothing of the model.
    if (refusal.starts_with("input ")) refusal = refusal_of(bytes);
  }
  if (refusal.empty()) {
    EXPECT_EQ(found, "");
    ++(found.empty() ? totals.passed : totals.failed);
    return;
  }
  static const std::regex names_its_node(R"(^model\.onnx: node '[^']*' \(([A-Za-z0-9]+)\): (.*))");
  std::smatch match;
  const bool named = std::regex_match(refusal, match, names_its_node);
  EXPECT_TRUE(named) << "refused without naming a node and its operator: " << refusal;
  if (!named) ++totals.failed;
  else ++totals.unsupported[fmt::format("{}: {}", match[1].str(), match[2].str())];
  if (std::getenv("BITLOOM_ONNX_VERBOSE")) fmt::print("unsupported {}: {}\n", GetParam(), refusal);
}

std::string name_of(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace_if(name, [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OnnxBackend);
INSTANTIATE_TEST_SUITE_P(Data, OnnxBackend, testing::ValuesIn(all_cases()), name_of);

/// Prints the totals after the last case.
class Summary : public testing::Environment {
  void TearDown() override {
    int unsupported = 0;
    for (const auto& [reason, count] : totals.unsupported) unsupported += count;
    for (const auto& [reason, count] : totals.unsupported) fmt::print("  unsupported {:3}  {}\n", count, reason);
    fmt::print("ONNX backend tests: {} passed, {} unsupported, {} failed\n", totals.passed, unsupported, totals.failed);
    if (all_cases().empty()) {
      fmt::print("skipped: no ONNX backend tests in {}; apt-get install libonnx-testdata\n", data_folder().string());
    } else if (GTEST_FLAG_GET(filter) == "*") {
      EXPECT_GE(totals.passed, kFewestPasses);
    }
  }
};
[[maybe_unused]] const testing::Environment* const summary = testing::AddGlobalTestEnvironment(new Summary);

}  // namespace
}  // namespace bitloom::onnx_format
