#include "cli/run/describe.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/file.h"
#include "base/subprocess.h"
#include "base/version.h"
#include "cli/inspection.h"
#include "cli/run/machine.h"
#include "ir/ops/quantization.h"
#include "passes/lower/lower.h"
#include "report/format.h"

namespace bitloom::cli {
namespace fs = std::filesystem;
using report::Origin;
namespace {

constexpr std::size_t kShownMistakes = 16;

Origin measured(const std::string& what) { return {Origin::Kind::kMeasured, fmt::format("{} on {}", what, machine_description())}; }

/// The files of a run that somebody else would take away.
std::vector<report::OutputFile> output_files(const fs::path& out, const fs::path& bitstream) {
  std::vector<report::OutputFile> files;
  for (const fs::path& path : {fs::path("models/float.onnx"), fs::path("models/int8.onnx"), fs::path("hardware/design.json"), bitstream}) {
    if (path.empty() || !fs::exists(out / path)) continue;
    const SubprocessResult digest = run_subprocess({"sha256sum", (out / path).string()});
    files.push_back({path.string(), static_cast<std::int64_t>(fs::file_size(out / path)), digest.output.substr(0, 64)});
  }
  return files;
}

}  // namespace

report::Request describe_request(const Recipe& recipe) {
  report::Request request;
  request.recipe = recipe.name;
  request.network = recipe.network.name.empty() ? recipe.network.model : recipe.network.name;
  request.data = recipe.data.set;
  request.target = recipe.hardware.target;
  request.weight_bits = recipe.quantize.weight_bits;
  request.activation_bits = recipe.quantize.activation_bits;
  if (!recipe.mixed_precision.bits.empty() || !recipe.quantize.layers.empty()) request.weight_bits = request.activation_bits = 0;
  request.max_drop = recipe.quantize.max_drop;
  request.seed = recipe.seed;
  if (!request.target.empty()) {
    const fpga::Part& part = fpga::parse_stream_target(request.target);
    request.part = part.vendor_name.empty() ? part.name : part.vendor_name;
    request.clock_mhz = recipe.hardware.clock_mhz > 0 ? recipe.hardware.clock_mhz : part.clock_mhz;
  }
  return request;
}

report::Sourced<report::Training> describe_training(const fs::path& metrics, const Recipe::Train& options) {
  const bool keeps_last = options.keep == "last";
  report::Training training;
  if (keeps_last) training.kept_because = "the last";
  double best = -1, images_per_second = 0;
  std::istringstream lines(read_file(metrics));
  for (std::string line; std::getline(lines, line);) {
    const auto epoch = nlohmann::json::parse(line);
    training.epochs.push_back({epoch.at("epoch"), epoch.at("train_loss"), epoch.at("train_top1"), epoch.at("validation_loss"),
                               epoch.at("validation_top1")});
    training.seconds += epoch.at("seconds").get<double>();
    images_per_second += epoch.at("images_per_s").get<double>();
    if (keeps_last || training.epochs.back().validation_top1 > best) {
      best = training.epochs.back().validation_top1;
      training.kept_epoch = training.epochs.back().epoch;
    }
  }
  training.images_per_second = images_per_second / static_cast<double>(std::max<std::size_t>(1, training.epochs.size()));
  return {measured("while training"), std::move(training)};
}

report::Sourced<report::Accuracy> describe_accuracy(const Evaluation& e) {
  return {measured(report::counted(e.images, "test image") + ", engine,"), report::Accuracy{e.top1, e.images, e.confusion}};
}

report::Sourced<report::Size> describe_size(const Graph& float_graph, const Graph& integer) {
  return {{Origin::Kind::kCounted, "from the stored parameters"},
          report::Size{float_graph.parameters(), parameter_bytes(float_graph), parameter_bytes(integer)}};
}

std::vector<report::Layer> describe_layers(const Graph& integer, const fpga::StreamDesign* design) {
  std::vector<report::Layer> layers;
  for (const Node* node : integer.nodes()) {
    const LayerInfo info = describe_layer(*node);
    report::Layer layer;
    layer.name = info.name;
    layer.op = info.op;
    layer.output_shape = to_string(info.output);
    layer.parameters = info.parameters;
    layer.macs = info.macs;
    layer.weight_bits = info.weight_bits;
    // Of what the weights are multiplied with; elsewhere of what comes out.
    layer.activation_bits = (layer.weight_bits > 0 ? node->input(0) : node->output())->type().element.bits;
    if (design) {
      for (const fpga::LayerPlan& plan : design->layers) {
        if (plan.node != layer.name) continue;
        layer.pe = plan.pe;
        layer.simd = plan.simd;
        layer.ideal_cycles = plan.ideal_cycles;
      }
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

void describe_differences(const data::Dataset& test, const Evaluation& float_result, const Evaluation& integer_result, report::RunReport& report) {
  std::int64_t changed = 0;
  std::vector<report::Mistake> differing, shared;
  for (std::size_t i = 0; i < integer_result.predictions.size(); ++i) {
    const int label = test.label(static_cast<std::int64_t>(i));
    const int by_float = float_result.predictions[i], by_integer = integer_result.predictions[i];
    if (by_float != by_integer) ++changed;
    std::vector<report::Mistake>& list = by_float != by_integer ? differing : shared;
    if ((by_float == label && by_integer == label) || list.size() >= kShownMistakes) continue;
    const data::ImageShape shape = test.shape();
    report::Image image{shape.channels, shape.height, shape.width, std::vector<std::uint8_t>(static_cast<std::size_t>(shape.bytes()))};
    test.read(static_cast<std::int64_t>(i), image.pixels);
    list.push_back({static_cast<std::int64_t>(i), std::move(image), label, by_float, by_integer});
  }
  report.changed_answers = changed;
  report.mistakes = std::move(differing);
  report.mistakes.insert(report.mistakes.end(), shared.begin(), shared.end());
  if (report.mistakes.size() > kShownMistakes) report.mistakes.resize(kShownMistakes);
}

void describe_estimate(const fpga::StreamDesign& design, report::RunReport& report) {
  report.cycles_origin = {Origin::Kind::kEstimated, "ideal count of every unit"};
  report.estimate_origin = {Origin::Kind::kEstimated, "Bitloom's cost model"};
  report.resources.clear();
  for (const fpga::ResourceField& field : fpga::resource_fields()) {
    const double available = design.part.available.*field.amount;
    if (available <= 0) continue;
    report.resources.push_back({std::string(field.key), fpga::resource_name(field.key, design.part.family), available,
                                design.estimate.*field.amount, std::nullopt});
  }
}

report::Sourced<report::Verification> describe_verification(const fpga::VerifyResult& result, std::int64_t outputs_per_image) {
  report::Verification v;
  v.images = result.images;
  v.outputs = result.images * outputs_per_image;
  v.mismatches = result.mismatches;
  if (const auto& first = result.first_mismatch)
    v.first_mismatch = fmt::format("image {}, output {}: {} instead of {}", first->image, first->index, first->actual, first->expected);
  v.stall = result.stall;
  if (result.icarus_images > 0) v.second_simulator = result.tools.back();
  v.second_images = result.icarus_images;
  v.second_mismatches = result.icarus_mismatches;
  v.latency_cycles = result.latency_cycles;
  v.throughput_images = result.throughput_images;
  v.ideal_cycles = result.ideal_cycles;
  v.cycles_per_image = result.cycles_per_image;
  for (const fpga::UnitActivity& a : result.timeline) v.timeline.push_back({a.unit, a.image, a.first_cycle, a.last_cycle});
  v.failure = result.failure;
  v.json = fpga::to_json(result);
  return {{Origin::Kind::kSimulated, fmt::format("{}, {}", result.tools.empty() ? "" : result.tools.front(), report::counted(result.images, "image"))}, std::move(v)};
}

void describe_synthesis(const fpga::SynthResult& result, const fs::path& out, report::RunReport& report) {
  report::Synthesis s;
  s.fmax_mhz = result.fmax_mhz;
  if (!result.bitstream.empty()) s.bitstream = fs::relative(result.bitstream, out).string();
  s.failure = result.failure;
  s.json = fpga::to_json(result);
  report.synthesis = {{Origin::Kind::kSynthesized, fmt::format("{}, {}", fmt::join(result.tools, ", "), result.part)}, std::move(s)};
  for (report::Resource& resource : report.resources)
    for (const fpga::ResourceField& field : fpga::resource_fields())
      if (field.key == resource.key) resource.synthesized = result.used.*field.amount;
}

report::Provenance describe_provenance(const RunOptions& options, const Recipe& recipe, const fs::path& out, const fs::path& bitstream) {
  report::Provenance p;
  p.command = options.command;
  p.recipe_text = to_yaml(recipe);
  p.version = version();
  p.machine = machine_description();
  p.date = fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(std::time(nullptr)));
  p.tools = tool_versions();
  p.files = output_files(out, bitstream);
  return p;
}

}  // namespace bitloom::cli
