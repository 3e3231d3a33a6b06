#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/data_options.h"
#include "cli/trainer.h"
#include "eval/evaluate.h"
#include "eval/open_network.h"
#include "ir/ops/quantization.h"
#include "passes/lower/lower.h"
#include "passes/precision/in_float_format.h"

namespace bitloom::cli {
namespace {

struct EvalOptions {
  std::filesystem::path model;
  DataOptions data;
  std::string backend = "reference", precision;
  std::int64_t images = 0;
  bool integer = false, json = false;
};

constexpr const char* kDouble = "float64";

/// A precision is of a float network, and LibTorch alone has float64.
void check_precision(const EvalOptions& o) {
  if (o.precision.empty()) return;
  if (o.integer) throw InputError("--precision " + o.precision, "the integer network has none", "leave out --integer, or --precision");
  if (o.precision == "float32") return;
  if (o.precision == kDouble && o.backend != "torch")
    throw InputError("--precision float64", "the " + o.backend + " backend keeps tensors in float32", "use --backend torch");
  if (o.precision != kDouble && o.backend == "torch")
    throw InputError("--precision " + o.precision, "LibTorch has it on few processors", "use --backend cpu or reference, which have it everywhere");
}

void evaluate_with_torch(const EvalOptions& o) {
  if (o.integer) throw InputError("bitloom eval", "LibTorch does not run integer networks", "use --backend cpu or reference with --integer");
  std::vector<std::string> arguments{"eval", "--model", o.model.string(), "--data", o.data.set};
  if (!o.data.data_dir.empty()) arguments.insert(arguments.end(), {"--data-dir", o.data.data_dir.string()});
  for (const auto& [option, numbers] : {std::pair{"--range", &o.data.range}, {"--mean", &o.data.mean}, {"--std", &o.data.deviation}})
    if (!numbers->empty()) arguments.insert(arguments.end(), {option, fmt::format("{}", fmt::join(*numbers, ","))});
  if (o.data.skip_corrupt) arguments.push_back("--skip-corrupt");
  if (o.data.cache_mb > 0) arguments.insert(arguments.end(), {"--cache-mb", std::to_string(o.data.cache_mb)});
  if (o.images > 0) arguments.insert(arguments.end(), {"--images", std::to_string(o.images)});
  if (o.precision == kDouble) arguments.push_back("--float64");
  if (o.json) arguments.push_back("--json");
  run_trainer(arguments);
}

std::string arithmetic_of(const EvalOptions& o, const Graph& graph) {
  if (!o.integer) return o.precision.empty() ? "as the file says" : o.precision;
  const bool has_floats = !graph.nodes_of<Quantize>().empty() || !graph.nodes_of<Dequantize>().empty();
  return has_floats ? "integers and floats" : "integers";
}

void evaluate_here(const EvalOptions& o) {
  Graph graph = open_network(o.model);
  const auto set = o.data.open(graph, "test");
  Notes in_float;
  if (o.integer) graph = lower(graph, &in_float);
  for (const std::string& note : in_float) say("note: " + note);
  if (!o.precision.empty()) graph = in_float_format(graph, float_format_of(o.precision));
  const Classifier classify = o.backend == "cpu" ? engine_classifier(graph) : reference_classifier(graph);
  const Evaluation result = evaluate(graph, *set, classify, "eval " + o.data.set, o.images);
  if (o.json) return print_json(to_json(result));
  say(fmt::format("{}: top-1 {:.2f} %, top-5 {:.2f} % of {} images in {} ({}, {})", o.model.string(), result.top1, result.top5,
                  result.images, human_duration(result.seconds), o.backend, arithmetic_of(o, graph)));
}

}  // namespace

void register_eval(CLI::App& app) {
  const auto options = std::make_shared<EvalOptions>();
  CLI::App* command = app.add_subcommand("eval", "Accuracy of a model on a data set");
  command->add_option("MODEL", options->model, "ONNX file, float or QDQ")->required();
  options->data.add_to(*command);
  command->add_option("--backend", options->backend, "reference: the operators' definitions; cpu: the engine, the same integers and faster; torch: LibTorch")
      ->check(CLI::IsMember({"reference", "cpu", "torch"}));
  command->add_option("--images", options->images, "Only the first N images of the split")->check(CLI::PositiveNumber);
  command->add_option("--precision", options->precision,
                      "Of a float network: float64 (LibTorch), float32, float16 or bfloat16, in which then every value between operators is")
      ->check(CLI::IsMember({kDouble, "float32", "float16", "bfloat16"}));
  command->add_flag("--integer", options->integer, "Lower a QDQ model and run the integer network that hardware equals");
  command->add_flag("--json", options->json, "Print one JSON object on standard output");
  command->callback([options] {
    check_precision(*options);
    options->backend == "torch" ? evaluate_with_torch(*options) : evaluate_here(*options);
  });
}

}  // namespace bitloom::cli
