#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/text.h"
#include "eval/data_choice.h"
#include "eval/evaluate.h"
#include "eval/open_network.h"
#include "passes/fold/fold_batch_norm.h"
#include "passes/precision/in_float_format.h"
#include "train/batch_runner.h"
#include "train/commands.h"

namespace bitloom::train {
namespace {

struct EvalCommand {
  std::filesystem::path model;
  DataChoice data;
  std::int64_t images = 0;
  int threads = 0;
  bool json = false, in_double = false;
};

/// Images that pass through the network at a time, at most.
constexpr std::int64_t kBatch = 500;

Evaluation evaluate_with_torch(const Graph& graph, const Images& images, std::size_t classes, const RunnerOptions& options, const std::string& what) {
  const auto start = std::chrono::steady_clock::now();
  Parameters parameters(graph);
  BatchRunner runner(graph, parameters, options);
  std::vector<Answer> answers;
  const double tie = tie_of(graph);
  Progress progress(what, images.size());
  runner.predict(images, [&](std::int64_t first, std::span<const float> logits) {
    for (std::size_t row = 0; row < logits.size() / classes; ++row) {
      const std::span<const float> scores = logits.subspan(row * classes, classes);
      answers.push_back(answer_of(images.labels[static_cast<std::size_t>(first) + row], std::vector<double>(scores.begin(), scores.end()), tie));
    }
    progress.set_done(static_cast<std::int64_t>(answers.size()));
  });
  Evaluation result = summarize(answers, classes);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

void evaluate(const EvalCommand& command) {
  Graph graph = open_network(command.model);
  std::vector<std::string> notes;
  const auto set = command.data.open(graph, "test", notes);
  print_notes(notes);
  check_data_fits(graph, *set, command.data.set);
  const int threads = command.threads > 0 ? command.threads : default_threads();
  const Images images = images_of(set, command.images > 0 ? command.images : set->size());
  if (images.size() == 0) throw InputError(command.data.set, "no images to evaluate");
  RunnerOptions options{.batch = kBatch, .threads = threads};
  if (command.in_double) {
    if (first_quantized_node(graph))
      throw InputError(command.model.string(), "is quantized, and float64 is of float networks", "leave out --precision, or give the float network");
    fold_batch_norm(graph);
    options.precision = Precision::kFloat64;
  }
  const Evaluation result = evaluate_with_torch(graph, images, set->class_names().size(), options, "eval " + command.data.set);
  if (command.json)
    std::cout << to_json(result).dump(2) << std::endl;
  else
    std::fputs(fmt::format("{}: top-1 {:.2f} %, top-5 {:.2f} % of {} images in {} (LibTorch)\n", command.model.string(), result.top1,
                           result.top5, result.images, human_duration(result.seconds))
                   .c_str(),
               stderr);
}

}  // namespace

void register_eval(CLI::App& app) {
  const auto options = std::make_shared<EvalCommand>();
  CLI::App* command = app.add_subcommand("eval", "Accuracy of a float or QDQ model on a data set");
  command->add_option("--model", options->model, "ONNX file")->required();
  command->add_option("--data", options->data.set, "Data set, with :train, :validation or :test behind it")->required();
  command->add_option("--data-dir", options->data.data_dir, "Where downloaded sets live")->envname("BITLOOM_DATA");
  command->add_flag("--skip-corrupt", options->data.skip_corrupt, "Leave out images of folders that cannot be decoded");
  command->add_option("--cache-mb", options->data.cache_mb, "Megabytes of decoded images to keep in memory")->check(CLI::PositiveNumber);
  command->add_option("--range", options->data.range, "Pixels 0..255 become LO..HI")->delimiter(',')->expected(2);
  command->add_option("--mean", options->data.mean, "Subtracted after --range, one number a channel")->delimiter(',');
  command->add_option("--std", options->data.deviation, "Divided by after --mean, one number a channel")->delimiter(',');
  command->add_option("--images", options->images, "Only the first N images of the split")->check(CLI::PositiveNumber);
  command->add_option("--threads", options->threads, "Processor threads (default: all)")->check(CLI::PositiveNumber);
  command->add_flag("--float64", options->in_double, "Compute in float64, BatchNorms folded");
  command->add_flag("--json", options->json, "Print one JSON object on standard output");
  command->callback([options] { evaluate(*options); });
}

}  // namespace bitloom::train
