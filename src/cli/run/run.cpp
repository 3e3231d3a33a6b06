#include "cli/run/run.h"

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/percent.h"
#include "base/subprocess.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/data_options.h"
#include "cli/images.h"
#include "cli/run/describe.h"
#include "cli/sensitivity.h"
#include "cli/trainer.h"
#include "eval/recipe_choice.h"
#include "fpga/stream/write.h"
#include "ir/ops/quantization.h"
#include "onnx/onnx.h"
#include "passes/lower/lower.h"
#include "passes/pipeline.h"
#include "passes/precision/in_float_format.h"
#include "passes/quantize/check_request.h"
#include "passes/quantize/placement.h"
#include "report/format.h"

namespace bitloom::cli {
namespace fs = std::filesystem;
namespace {

constexpr int kComparedImages = 100;  // on engine and reference
constexpr int kFitCheckImages = 16;  // calibration of the untrained network: only its shape matters then

}  // namespace

Run::Run(RunOptions options)
    : options_(std::move(options)),
      recipe_(read_recipe(options_.recipe, options_.overrides)),
      out_(options_.out.empty() ? default_run_folder(recipe_) : options_.out),
      started_(std::chrono::steady_clock::now()) {}

void Run::execute() {
  check_inputs();
  report_.request = describe_request(recipe_);
  const std::string off = !has_hardware() ? "the recipe has no hardware.target" : !recipe_.synth ? "the recipe says synth: false" : "";
  if (!off.empty()) report_.synthesis.origin.detail = off;
  if (!has_hardware()) report_.verification.origin.detail = off;
  try {
    train();
    evaluate_float();
    if (recipe_.precisions) evaluate_precisions();
    if (!recipe_.mixed_precision.bits.empty()) choose_bits();
    if (recipe_.ladder.climb) {
      climb_ladder();
    } else {
      quantize();
      evaluate_integer();
      if (recipe_.quantized_training.epochs > 0) train_quantized();
    }
    require_accuracy();
    if (has_hardware()) {
      compile();
      verify();
      if (recipe_.synth) synthesize();
    }
  } catch (const Error& error) {
    report_.stopped = error.what();
    if (fs::exists(out_ / "models")) write_report();
    throw;
  } catch (const TrainerFailed& failed) {
    report_.stopped = failed.exit_code == kExitStopped
                          ? "training was stopped; the same command goes on with it"
                          : fmt::format("training ended with exit code {}; the same command, run again, prints why", failed.exit_code);
    if (float_result_) write_report();  // of what was there before the second training
    throw;
  }
  write_report();
}

// Before anything is written ---------------------------------------------------------------------------------------------------------

void Run::check_inputs() {
  if (const char* processes = std::getenv("WORLD_SIZE"); processes && std::atoi(processes) > 1)
    throw InputError(std::string("WORLD_SIZE = ") + processes, "`bitloom run` works in one process",
                     "train in several with `bitloom train`, then quantize and compile its model");
  check_output_folder();
  if (has_hardware()) {
    fpga::parse_stream_target(recipe_.hardware.target);
    check_tools();
  }
  data_ = open_data(recipe_, options_.data_dir);
  if (!recipe_.network.model.empty()) check_is_float();
  const Graph graph = initial_graph(recipe_, *data_.train);
  check_request_before_training(graph, options_of_recipe());
  if (const auto& mixed = recipe_.mixed_precision; !mixed.bits.empty()) check_mixed_precision(graph, mixed, recipe_.quantize, recipe_.seed);
  if (has_hardware()) check_fits();
}

/// It quantizes what it has trained.
void Run::check_is_float() const {
  const Graph graph = initial_graph(recipe_, *data_.train);
  for (const Node* node : graph.nodes())
    if (node->is<Dequantize>())
      throw InputError(recipe_.network.model, "is quantized already, and `bitloom run` quantizes what it trains",
                       "use `bitloom train`, which trains it on as it is, or give the float network");
}

void Run::check_output_folder() const {
  if (fs::exists(out_) && !fs::is_directory(out_)) throw InputError(out_.string(), "exists and is not a folder", "choose another --out");
  if (fs::exists(out_) && !fs::is_empty(out_) && !fs::exists(out_ / "train"))
    throw InputError(out_.string(), "exists and holds no run of bitloom", "choose another --out");
}

void Run::check_tools() const {
  for (const char* tool : {"verilator", "make", "g++"}) require_program(tool);
  if (recipe_.verify.icarus_images > 0) require_program("iverilog");
  if (!recipe_.synth) return;
  require_program("yosys");
  if (fpga::parse_stream_target(recipe_.hardware.target).family == fpga::Family::kIce40)
    for (const char* tool : {"nextpnr-ice40", "icepack"}) require_program(tool);
}

/// Plans the untrained network, so that one too big for its part fails in a second and not after the training. Where layers' widths are yet to be
/// chosen, it has the narrowest: what does not fit with them will not with others.
void Run::check_fits() {
  const Graph graph = initial_graph(recipe_, *data_.train);
  const bool was_quiet = is_quiet();
  set_quiet(true);
  QuantizeOptions options = options_of_recipe();
  options.rounding = WeightRounding::kNearest;
  if (const auto& widths = recipe_.mixed_precision.bits; !widths.empty())
    options.weight_bits = options.activation_bits = static_cast<int>(std::ranges::min(widths));
  const Quantized quantized = quantize_graph(graph, kFitCheckImages, options);
  set_quiet(was_quiet);
  fpga::plan_stream(quantized.integer, fpga::parse_stream_target(recipe_.hardware.target), plan_options());
}

// Stages -------------------------------------------------------------------------------------------------------------------------------

void Run::train() {
  std::vector<std::string> arguments = train_arguments(options_.recipe, options_.overrides, out_, options_.data_dir, options_.fresh);
  arguments.push_back("--float-only");
  run_trainer(std::move(arguments));
  float_graph_ = read_onnx(out_ / "models/float.onnx");
  report_.class_names = float_graph_->class_names;
  if (recipe_.train.epochs == 0)
    report_.training.origin.detail = "the recipe says train.epochs: 0";
  else
    report_.training = describe_training(out_ / "train/metrics.jsonl", recipe_.train);
}

void Run::evaluate_float() {
  float_result_ = evaluate(*float_graph_, *data_.test, engine_classifier(*float_graph_), "test, float");
  report_.float_accuracy = describe_accuracy(*float_result_);
  say(fmt::format("float    top-1 {:.2f} % of {} test images", float_result_->top1, float_result_->images));
}

/// The float network as other formats compute it: float64 by LibTorch, the two of 16 bits on the engine.
void Run::evaluate_precisions() {
  std::vector<std::string> arguments{"--quiet", "eval", "--float64", "--json", "--model", (out_ / "models/float.onnx").string(),
                                     "--data", recipe_.data.set + ":test"};
  if (!options_.data_dir.empty()) arguments.insert(arguments.end(), {"--data-dir", options_.data_dir.string()});
  if (recipe_.data.skip_corrupt) arguments.push_back("--skip-corrupt");
  report_.float64_top1 = nlohmann::json::parse(trainer_output(arguments)).at("top1").get<double>();
  for (const auto& [format, top1] : {std::pair{FloatFormat::kFloat16, &report_.float16_top1}, {FloatFormat::kBfloat16, &report_.bfloat16_top1}}) {
    const Graph graph = in_float_format(*float_graph_, format);
    *top1 = evaluate(graph, *data_.test, engine_classifier(graph), fmt::format("test, {}", to_string(format))).top1;
  }
  say(fmt::format("float64  top-1 {:.2f} %, float16 {:.2f} %, bfloat16 {:.2f} %", *report_.float64_top1, *report_.float16_top1, *report_.bfloat16_top1));
}

void Run::quantize() {
  quantized_ = quantize_graph(*float_graph_, recipe_.quantize.images, options_of_recipe());
  describe_quantized();
}

void Run::describe_quantized() {
  for (const std::string& note : quantized_->notes) say("note: " + note);
  report_.quantization_notes = quantized_->notes;
  write_onnx(quantized_->qdq, out_ / "models/int8.onnx");
  report_.size = describe_size(*float_graph_, quantized_->integer);
  report_.layers = describe_layers(quantized_->integer, nullptr);
  report_.request.part_in_float =
      std::ranges::any_of(quantized_->integer.nodes(), [](const Node* node) { return has_weights(*node) && node->input(1)->type().element.is_float; });
}

/// Goes on from the float network; its result takes the place of what calibration alone gave.
void Run::train_quantized() {
  report_.post_training_top1 = integer_result_->top1;
  run_quantized_training();
  describe_quantized();
  evaluate_integer();
}

void Run::run_quantized_training() {
  run_trainer(train_arguments(options_.recipe, options_.overrides, out_, options_.data_dir, /*fresh=*/false));
  quantized_.emplace();
  quantized_->qdq = read_onnx(out_ / "quantized/models/quantized.onnx");
  quantized_->integer = run_pipeline(quantized_->qdq, integer_lowering(), quantized_->notes);
}

void Run::evaluate_integer() {
  const Graph& integer = quantized_->integer;
  integer_result_ = evaluate(integer, *data_.test, engine_classifier(integer), "test, integer");
  if (!integer.outputs().front()->type().element.is_float) require_engine_equals_reference(integer, *data_.test, kComparedImages);
  report_.int_accuracy = describe_accuracy(*integer_result_);
  describe_differences(*data_.test, *float_result_, *integer_result_, report_);
  say(fmt::format("integer  top-1 {:.2f} % of {} test images", integer_result_->top1, integer_result_->images));
}

/// The gate of Algorithm 1 behind quantization, trained or not.
void Run::require_accuracy() const {
  if (is_within_drop(float_result_->top1, integer_result_->top1, recipe_.quantize.max_drop)) return;
  throw CheckError(recipe_.file.string(),
                   fmt::format("{} top-1 {:.2f} % is {:.2f} points below float ({:.2f} %); at most {} are allowed", report::integer_name(report_.request),
                               integer_result_->top1, float_result_->top1 - integer_result_->top1, float_result_->top1, recipe_.quantize.max_drop),
                   "try quantize.calibration: mse, quantize.rounding: adaround, ladder.climb, quantized_training.epochs, or a larger quantize.max_drop");
}

void Run::compile() {
  const fpga::Part& part = fpga::parse_stream_target(recipe_.hardware.target);
  const fpga::StreamDesign design = fpga::plan_stream(quantized_->integer, part, plan_options());
  fpga::write_stream_design(design, quantized_->qdq, hardware());
  report_.layers = describe_layers(quantized_->integer, &design);
  describe_estimate(design, report_);
  say(fmt::format("compiled for {}: {} cycles/image (estimated); slowest unit {}", part.name, design.ideal_cycles(), design.slowest_unit().name));
}

void Run::verify() {
  fpga::VerifyOptions verify;
  verify.icarus_images = recipe_.verify.icarus_images;
  verify.stall = recipe_.verify.stall;
  verify.seed = recipe_.seed;
  const fpga::VerifyResult result = fpga::verify_design(hardware(), read_images(*data_.test, recipe_.verify.images), verify);
  report_.verification = describe_verification(result, quantized_->integer.outputs().front()->shape().elements());
  say(fmt::format("verified {} images: {} differing outputs; {:.1f} cycles/image (simulated)", result.images, result.mismatches,
                  result.cycles_per_image));
  fpga::require_passed(result, hardware());
}

void Run::synthesize() {
  say("synthesizing for " + recipe_.hardware.target);
  const fpga::SynthResult result = fpga::synthesize(hardware());
  describe_synthesis(result, out_, report_);
  fpga::require_passed(result, hardware());
}

void Run::write_report() {
  report_.provenance = describe_provenance(options_, recipe_, out_, report_.synthesis ? report_.synthesis->bitstream : "");
  report_.provenance.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  write_file(out_ / "summary.json", report::summary_json(report_).dump(2) + "\n");
  write_file(out_ / "report.html", report::render_html(report_));
  say("\n" + report::render_terminal_summary(report_, (out_ / "report.html").string()));
}

// Shared by stages --------------------------------------------------------------------------------------------------------------------

Quantized Run::quantize_graph(const Graph& float_graph, int images, const QuantizeOptions& options) const {
  return quantize_on(float_graph, *calibration_subset(data_.train, images, recipe_.seed), options);
}

QuantizeOptions Run::options_of_recipe() const { return quantize_options(recipe_.quantize, recipe_.seed); }

fpga::PlanOptions Run::plan_options() const {
  fpga::PlanOptions options;
  options.clock_mhz = recipe_.hardware.clock_mhz;
  for (const auto& [node, folding] : recipe_.hardware.folding) options.folding[node] = {folding.pe, folding.simd};
  return options;
}

}  // namespace bitloom::cli
