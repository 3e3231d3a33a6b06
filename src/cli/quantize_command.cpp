#include <fmt/format.h>

#include <cstdio>

#include "base/error.h"
#include "base/progress.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/data_options.h"
#include "cli/quantization.h"
#include "cli/sensitivity.h"
#include "eval/open_network.h"
#include "eval/recipe_choice.h"
#include "onnx/onnx.h"
#include "passes/lower/lower.h"
#include "passes/pipeline.h"

namespace bitloom::cli {
namespace {

struct QuantizeCommandOptions {
  std::filesystem::path model, out;
  DataOptions data;
  Recipe::Quantize how;  ///< what a recipe can say, too
  std::vector<int> bits{8, 8};
  std::vector<std::string> layers;
  Recipe::MixedPrecision mixed;
  bool dynamic = false, per_tensor = false, asymmetric_weights = false;
  std::uint64_t seed = 1;
  CLI::Option *percentile = nullptr, *rounding_steps = nullptr;  ///< whether they were given
};

/// "conv1=4,8", or "conv1=float".
std::pair<std::string, Recipe::LayerBits> parse_layer(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
  Recipe::LayerBits bits{LayerBits::kFloat, LayerBits::kFloat, "--layer"};
  char rest = 0;
  if (value != "float" && std::sscanf(value.c_str(), "%2d,%2d%c", &bits.weights, &bits.activations, &rest) != 2)
    throw InputError("--layer " + text, "is neither NAME=WEIGHTS,ACTIVATIONS nor NAME=float", "write for example --layer conv1=8,8");
  return {text.substr(0, equals), bits};
}

void quantize_without_data(const QuantizeCommandOptions& o, Graph graph) {
  if (!o.data.set.empty())
    throw InputError("bitloom quantize", "--dynamic takes no --data: each layer finds its range while it runs",
                     "leave one of them out");
  set_preprocessing(graph, o.data.range, o.data.mean, o.data.deviation);
  std::vector<std::string> notes;
  const Graph dynamic = run_pipeline(graph, dynamic_quantization(quantize_options(o.how, o.seed)), notes);
  for (const std::string& note : notes) say("note: " + note);
  write_onnx(dynamic, o.out);
  say(fmt::format("{}: parameters {} -> {}; ranges are found while it runs; written to {}", o.model.string(),
                  human_bytes(parameter_bytes(graph)), human_bytes(parameter_bytes(dynamic)), o.out.string()));
}

void quantize(QuantizeCommandOptions o) {
  o.how.weight_bits = o.bits[0];
  o.how.activation_bits = o.bits[1];
  o.how.per_channel = !o.per_tensor;
  o.how.symmetric_weights = !o.asymmetric_weights;
  for (const std::string& text : o.layers)
    if (!o.how.layers.insert(parse_layer(text)).second)
      throw InputError("--layer " + text, "gives this layer bits a second time", "leave one of them out");
  Graph graph = open_network(o.model);
  if (o.dynamic && (!o.layers.empty() || !o.mixed.bits.empty()))
    throw InputError("bitloom quantize", "--dynamic has 8 bits in every layer", "leave out --layer and --mixed");
  if (o.percentile->count() > 0 && o.how.calibration != "percentile")
    throw InputError("--percentile", "is of one calibration, and --calibration is " + o.how.calibration, "add --calibration percentile, or leave it out");
  if (o.rounding_steps->count() > 0 && o.how.rounding != "adaround")
    throw InputError("--rounding-steps", "are AdaRound's, and --rounding is " + o.how.rounding, "add --rounding adaround, or leave it out");
  if (o.dynamic) return quantize_without_data(o, std::move(graph));
  if (o.data.set.empty()) throw InputError("bitloom quantize", "no --data to find the ranges of activations on", "give it, or --dynamic");
  const auto set = calibration_subset(o.data.open(graph, "train"), o.how.images, o.seed);
  if (!o.mixed.bits.empty()) {
    const ChosenBits chosen = choose_bits(graph, *set, *set, o.mixed, o.how, o.seed);
    for (const auto& [layer, bits] : chosen.mixed.layers) say(fmt::format("{}: weights of {} bits, input of {}", layer, bits.weights, bits.activations));
    say(chosen.summary);
  }
  const Quantized quantized = quantize_on(graph, *set, quantize_options(o.how, o.seed));
  for (const std::string& note : quantized.notes) say("note: " + note);
  write_onnx(quantized.qdq, o.out);
  say(fmt::format("{}: parameters {} -> {}; calibrated on {} images; written to {}", o.model.string(), human_bytes(parameter_bytes(graph)),
                  human_bytes(parameter_bytes(quantized.integer)), set->size(), o.out.string()));
}

}  // namespace

void register_quantize(CLI::App& app) {
  const auto options = std::make_shared<QuantizeCommandOptions>();
  CLI::App* command = app.add_subcommand("quantize", "Quantize a float model after training");
  command->add_option("MODEL", options->model, "Float ONNX file")->required();
  options->data.add_to(*command, /*required=*/false);
  CLI::Option* dynamic = command->add_flag(
      "--dynamic", options->dynamic,
      "Find ranges of activations while the network runs; needs no --data, runs on --backend cpu and other tools only");
  command->add_option("--out", options->out, "QDQ file to write")->required();
  command->add_option("--bits", options->bits, "Weights,activations; 1: signs, and 0 or 1 behind a Relu")
      ->delimiter(',')
      ->expected(2)
      ->check(CLI::Range(1, 16));
  CLI::Option* first_last = command->add_option("--first-last-bits", options->how.first_last_bits,
                      "Bits of the layers that read the image and of the last one (default: --bits)")
      ->check(CLI::Range(1, 16));
  command->add_option("--sum-bits", options->how.sum_bits, "Bits of what additions and average pools read (default: --bits)")
      ->check(CLI::Range(1, 16));
  command->add_option("--layer", options->layers, "NAME=WEIGHTS,ACTIVATIONS or NAME=float for one layer; may be repeated")->allow_extra_args(false);
  CLI::Option* mixed = command->add_option("--mixed", options->mixed.bits,
                                           "Widths that layers may have, as 2,4,8: each gets those of the least noise within --budget")
      ->delimiter(',')
      ->excludes(first_last)
      ->check([](const std::string& width) {
        const bool is_width = CLI::Range(1, 16)(width).empty() && width.find_first_not_of("0123456789") == std::string::npos;
        return is_width ? std::string() : "'" + width + "' is no whole number from 1 to 16";
      });
  command->add_option("--budget", options->mixed.budget, "Of --mixed, as a share of what 8 bits everywhere cost (default 0.5)")
      ->check(CLI::Range(0.001, 100.0))
      ->needs(mixed);
  command->add_option("--cost", options->mixed.cost, "What the budget counts: bytes of weights, or MACs times bits (default size)")
      ->check(CLI::IsMember({"size", "mac-bits"}))
      ->needs(mixed);
  command->add_flag("--per-tensor", options->per_tensor, "One weight scale a layer instead of one an output channel");
  command->add_option("--group", options->how.group, "So many output channels in a row share a weight scale")->check(CLI::Range(1, 1'000'000));
  command->add_flag("--asymmetric-weights", options->asymmetric_weights, "Weights have zero points beside their scales");
  command->add_flag("--symmetric-activations", options->how.symmetric_activations,
                    "Activations have no zero point; signed where they may be negative");
  command->add_flag("--signed-activations", options->how.signed_activations, "Activations are signed integers, also where none is negative");
  command->add_flag("--power-of-two", options->how.power_of_two, "All scales powers of two: requantization becomes a shift");
  command->add_flag("--equalize", options->how.equalize, "Scale the channels between layers first (cross-layer equalization)");
  command->add_flag("--absorb-bias", options->how.absorb_bias,
                    "Move what channels always give into the next layer's bias, after that (high-bias absorption)");
  command->add_flag("--correct-bias", options->how.correct_bias, "Move biases so that the mean of every channel stays as it was (bias correction)");
  command->add_option("--rounding", options->how.rounding, "To which integer weights are rounded: the nearest, or learned (AdaRound)")
      ->check(CLI::IsMember(rounding_names()));
  options->rounding_steps = command->add_option("--rounding-steps", options->how.rounding_steps, "Steps of AdaRound for each layer")
      ->check(CLI::Range(1, 1'000'000))
      ->excludes(dynamic);
  command->add_option("--calibration", options->how.calibration, "How activation ranges are found")
      ->check(CLI::IsMember(calibration_names()))
      ->excludes(dynamic);
  options->percentile = command->add_option("--percentile", options->how.percentile, "Per cent of values inside the range")
                            ->check(CLI::Range(50.0, 100.0))
                            ->excludes(dynamic);
  command->add_option("--images", options->how.images, "Calibration images")->check(CLI::Range(1, 1'000'000))->excludes(dynamic);
  command->add_option("--seed", options->seed, "Of the choice of calibration images, and of the places AdaRound looks at");
  command->callback([options] { quantize(*options); });
}

}  // namespace bitloom::cli
