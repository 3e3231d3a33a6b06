#include "fpga/eda/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/subprocess.h"
#include "fpga/eda/design_folder.h"
#include "fpga/eda/icarus.h"
#include "fpga/eda/verilator_model.h"
#include "fpga/stream/beats.h"
#include "ir/interpreter.h"
#include "onnx/onnx.h"
#include "passes/lower/lower.h"

namespace bitloom::fpga {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr std::int64_t kTimelineImages = 4;  // of which the report draws the pipeline over time

/// What goes into the design for each image, and what the reference says must come out.
struct Vectors {
  std::vector<std::vector<std::uint8_t>> inputs, outputs;  // AXI4-Stream words as bytes, by image
};

void check_images(const DesignFolder& design, const Graph& graph, std::span<const std::vector<std::uint8_t>> images) {
  const Shape& shape = graph.inputs().front()->shape();
  if (shape.elements() != design.input_map.elements())
    throw InputError((design.path / "model.onnx").string(), "is not the network of design.json", "compile the model again");
  if (images.empty()) throw InputError(design.path.string(), "no image to verify with", "give at least one");
  for (std::size_t i = 0; i < images.size(); ++i)
    if (static_cast<std::int64_t>(images[i].size()) != shape.elements())
      throw InputError(design.path.string(), fmt::format("image {} has {} values, the network takes {}", i, images[i].size(), to_string(shape)),
                       "give images of the network's size");
}

Vectors reference_vectors(const DesignFolder& design, const Graph& qdq, std::span<const std::vector<std::uint8_t>> images, int threads) {
  const Graph integer_graph = lower(qdq);
  const Interpreter interpreter(integer_graph);
  Vectors vectors;
  vectors.inputs.resize(images.size());
  vectors.outputs.resize(images.size());
  parallel_for(
      static_cast<std::int64_t>(images.size()),
      [&](std::int64_t i) {
        const auto at = static_cast<std::size_t>(i);
        const Tensor input = quantize_input(integer_graph, preprocess(qdq, images[at]));
        vectors.inputs[at] = field_bytes(stream_order(input, design.input_map), design.input);
        vectors.outputs[at] = field_bytes(stream_order(interpreter.run(input), design.output_map), design.output);
      },
      threads);
  return vectors;
}

/// `count` images from `first` on, all of them again and again where there are fewer.
std::string joined(const std::vector<std::vector<std::uint8_t>>& by_image, std::size_t first, std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& image = by_image[(first + i) % by_image.size()];
    bytes.append(image.begin(), image.end());
  }
  return bytes;
}

/// One run of the simulation program over consecutive images.
struct Run {
  std::string name;
  std::size_t first = 0, count = 0;
  double stall = 0;
  std::uint64_t seed = 0;
  std::int64_t timeline = 0;
};

/// What the program reports, or why it did not.
struct Report {
  json object;
  std::string failure;
};

class Simulator {
 public:
  Simulator(const DesignFolder& design, const Vectors& vectors, fs::path program)
      : design_(design), vectors_(vectors), program_(std::move(program)), work_(design.path / "build" / "verify") {
    make_directories(work_);
  }

  Report run(const Run& run, Progress& progress) const {
    const fs::path input = work_ / (run.name + ".input"), expected = work_ / (run.name + ".expected");
    write_file(input, joined(vectors_.inputs, run.first, run.count));
    write_file(expected, joined(vectors_.outputs, run.first, run.count));
    std::string last_line;
    SubprocessOptions options;
    options.directory = design_.path;  // memory files are found relative to it
    options.on_line = [&](const std::string& line) {
      if (line.starts_with("image ")) progress.advance();
      if (!line.empty()) last_line = line;
    };
    const SubprocessResult result = run_subprocess(command(run, input, expected), options);
    fs::remove(input);
    fs::remove(expected);
    Report report;
    report.object = json::parse(last_line, nullptr, /*allow_exceptions=*/false);
    if (result.exit_code != 0 || !report.object.is_object())
      report.failure = fmt::format("the simulation broke off with exit code {}: {}", result.exit_code, last_line);
    else
      report.failure = report.object["failure"];
    return report;
  }

 private:
  std::vector<std::string> command(const Run& run, const fs::path& input, const fs::path& expected) const {
    std::vector<std::string> command = {program_.string()};
    const auto option = [&](const char* name, const std::string& value) {
      command.emplace_back(name);
      command.push_back(value);
    };
    std::string unit_beats;
    for (const DesignFolder::UnitInfo& unit : design_.units) unit_beats += fmt::format("{}{}", unit_beats.empty() ? "" : ",", unit.output_beats);
    option("--input", input.string());
    option("--expected", expected.string());
    option("--input-bytes", std::to_string(design_.input.lanes * field_bits(design_.input.bits) / 8));
    option("--output-bytes", std::to_string(design_.output.lanes * field_bits(design_.output.bits) / 8));
    option("--input-beats", std::to_string(design_.input_beats()));
    option("--output-beats", std::to_string(design_.output_beats()));
    option("--element-bytes", std::to_string(field_bits(design_.output.bits) / 8));
    option("--element-signed", design_.output.is_signed ? "1" : "0");
    option("--images", std::to_string(run.count));
    option("--stall", fmt::format("{}", run.stall));
    option("--seed", std::to_string(run.seed));
    option("--patience", std::to_string(design_.patience_cycles()));
    option("--unit-beats", unit_beats);
    option("--timeline", std::to_string(run.timeline));
    return command;
  }

  const DesignFolder& design_;
  const Vectors& vectors_;
  const fs::path program_, work_;
};

/// Consecutive parts of all images, one a processor.
std::vector<Run> stalled_runs(std::size_t images, const VerifyOptions& options) {
  const auto parts = std::min<std::size_t>(images, static_cast<std::size_t>(options.threads > 0 ? options.threads : default_threads()));
  std::vector<Run> runs;
  for (std::size_t p = 0; p < parts; ++p) {
    const std::size_t first = images * p / parts, end = images * (p + 1) / parts;
    runs.push_back({fmt::format("stalled-{}", p), first, end - first, options.stall, options.seed + p, 0});
  }
  return runs;
}

void add_stalled(VerifyResult& result, const Run& run, const Report& report) {
  if (!report.failure.empty()) {
    if (result.failure.empty()) result.failure = fmt::format("images {} to {}: {}", run.first, run.first + run.count - 1, report.failure);
    return;
  }
  result.mismatches += report.object["mismatches"].get<std::int64_t>();
  if (!report.object.contains("first_mismatch") || result.first_mismatch) return;
  const json& first = report.object["first_mismatch"];
  result.first_mismatch = Mismatch{static_cast<std::int64_t>(run.first) + first["image"].get<std::int64_t>(), first["index"], first["expected"],
                                   first["actual"]};
}

void add_paced(VerifyResult& result, const DesignFolder& design, const Report& report) {
  std::string failure = report.failure;
  if (failure.empty() && report.object["mismatches"] != 0) failure = fmt::format("{} outputs differ", report.object["mismatches"].get<std::int64_t>());
  if (!failure.empty()) {
    if (result.failure.empty()) result.failure = "without stalls: " + failure;
    return;
  }
  const auto ends = report.object["image_cycles"].get<std::vector<std::int64_t>>();
  result.latency_cycles = ends.front() - report.object["first_input_cycle"].get<std::int64_t>();
  if (ends.size() > 1) result.cycles_per_image = static_cast<double>(ends.back() - ends.front()) / static_cast<double>(ends.size() - 1);
  for (std::size_t u = 0; u < design.units.size(); ++u) {
    const json& images = report.object["timeline"][u];
    for (std::size_t i = 0; i < images.size(); ++i) result.timeline.push_back({design.units[u].name, static_cast<std::int64_t>(i), images[i][0], images[i][1]});
  }
}

void add_icarus(VerifyResult& result, const IcarusResult& icarus) {
  result.icarus_mismatches = icarus.mismatches;
  if (!icarus.failure.empty() && result.failure.empty()) result.failure = "Icarus Verilog: " + icarus.failure;
}

}  // namespace

VerifyResult verify_design(const fs::path& dir, std::span<const std::vector<std::uint8_t>> images, const VerifyOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const DesignFolder design = read_design_folder(dir);
  const Graph qdq = read_onnx(dir / "model.onnx");
  check_images(design, qdq, images);
  const int icarus_images = std::min(options.icarus_images, static_cast<int>(images.size()));
  require_program("verilator");
  if (icarus_images > 0) require_program("iverilog");

  VerifyResult result;
  result.images = static_cast<std::int64_t>(images.size());
  result.throughput_images = std::max(options.throughput_images, 2);
  result.ideal_cycles = design.ideal_cycles;
  result.stall = options.stall;
  result.seed = options.seed;
  result.icarus_images = icarus_images;
  result.tools = {tool_version({"verilator", "--version"})};
  if (icarus_images > 0) result.tools.push_back(tool_version({"iverilog", "-V"}));

  const Vectors vectors = reference_vectors(design, qdq, images, options.threads);
  const Simulator simulator(design, vectors, simulation_program(design));
  std::vector<Run> runs = stalled_runs(images.size(), options);
  runs.push_back({"paced", 0, static_cast<std::size_t>(result.throughput_images), 0, options.seed, std::min(kTimelineImages, result.throughput_images)});
  std::vector<Report> reports(runs.size());
  IcarusResult icarus;
  {
    Progress progress("verify", result.images + result.throughput_images + icarus_images);
    // The slow second opinion first, so that the others run beside it.
    parallel_for(
        static_cast<std::int64_t>(runs.size()) + 1,
        [&](std::int64_t task) {
          if (task > 0) {
            reports[static_cast<std::size_t>(task - 1)] = simulator.run(runs[static_cast<std::size_t>(task - 1)], progress);
          } else if (icarus_images > 0) {
            const auto count = static_cast<std::size_t>(icarus_images);
            const auto take = [&](const auto& all) { return std::span(all).first(count); };
            icarus = run_icarus(design, take(vectors.inputs), take(vectors.outputs), options.stall, options.seed);
            progress.advance(icarus_images);
          }
        },
        options.threads);
  }
  for (std::size_t i = 0; i + 1 < runs.size(); ++i) add_stalled(result, runs[i], reports[i]);
  add_paced(result, design, reports.back());
  add_icarus(result, icarus);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_file(dir / "verify.json", to_json(result) + "\n");
  return result;
}

}  // namespace bitloom::fpga
