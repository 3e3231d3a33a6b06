#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/command_line.h"
#include "cli/data_options.h"
#include "cli/sensitivity.h"
#include "eval/open_network.h"
#include "eval/recipe_choice.h"

namespace bitloom::cli {
namespace {

struct SensitivityOptions {
  std::filesystem::path model;
  DataOptions data;
  Recipe::Quantize how;
  std::vector<int> bits{2, 4, 8};
  bool per_tensor = false, json = false;
  std::uint64_t seed = 1;
};

nlohmann::json to_json(const std::vector<search::BitsEffect>& effects) {
  nlohmann::json list = nlohmann::json::array();
  for (const search::BitsEffect& effect : effects)
    list.push_back({{"bits", effect.bits}, {"decibels", search::decibels(effect.judgement.noise)}, {"top1", effect.judgement.top1}});
  return list;
}

void measure(SensitivityOptions o) {
  o.how.per_channel = !o.per_tensor;
  Graph graph = open_network(o.model);
  const auto set = calibration_subset(o.data.open(graph, "validation"), o.how.images, o.seed);
  const Sensitivity sensitivity = measure_sensitivity_on(graph, *set, *set, o.bits, quantize_options(o.how, o.seed));
  if (!o.json) {
    for (const std::string& line : sensitivity_table(sensitivity)) say(line);
    return say(fmt::format("float: top-1 {:.2f} % of {} images; one layer is quantized at a time, its weights or what it reads", sensitivity.of_float.top1,
                           sensitivity.images));
  }
  nlohmann::json layers = nlohmann::json::array();
  for (const search::LayerSensitivity& layer : sensitivity.layers)
    layers.push_back({{"name", layer.layer},
                      {"parameters", layer.weights},
                      {"macs", layer.macs},
                      {"weights", to_json(layer.of_weights)},
                      {"activations", to_json(layer.of_activations)}});
  print_json({{"float_top1", sensitivity.of_float.top1}, {"images", sensitivity.images}, {"layers", layers}});
}

}  // namespace

void register_sensitivity(CLI::App& app) {
  const auto options = std::make_shared<SensitivityOptions>();
  CLI::App* command = app.add_subcommand("sensitivity", "What each layer's quantization alone costs: signal to noise of the output, accuracy");
  command->add_option("MODEL", options->model, "Float ONNX file")->required();
  options->data.add_to(*command);
  command->add_option("--bits", options->bits, "Widths to try (default 2,4,8)")->delimiter(',')->check(CLI::Range(1, 16));
  command->add_flag("--per-tensor", options->per_tensor, "One weight scale a layer instead of one an output channel");
  command->add_flag("--power-of-two", options->how.power_of_two, "All scales powers of two");
  command->add_option("--calibration", options->how.calibration, "How activation ranges are found")->check(CLI::IsMember(calibration_names()));
  command->add_option("--images", options->how.images, "Images to calibrate on and judge by, of the set's validation part where it names none (default 1000)")
      ->check(CLI::PositiveNumber);
  command->add_option("--seed", options->seed, "Of the choice of images");
  command->add_flag("--json", options->json, "Print one JSON object on standard output");
  command->callback([options] { measure(*options); });
}

}  // namespace bitloom::cli
