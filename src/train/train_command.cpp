#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/subprocess.h"
#include "data/dataset.h"
#include "eval/evaluate.h"
#include "eval/recipe_choice.h"
#include "onnx/onnx.h"
#include "ir/ops/quantization.h"
#include "passes/lower/lower.h"
#include "passes/quantize/check_request.h"
#include "passes/quantize/fake_quantize.h"
#include "passes/quantize/settle.h"
#include "recipe/recipe.h"
#include "train/commands.h"
#include "train/distributed/data_parallel.h"
#include "train/frozen.h"
#include "train/quantized_stage.h"
#include "train/run_folder.h"
#include "train/trainer.h"
#include "train/training_graph.h"

namespace bitloom::train {
namespace {

struct TrainCommand {
  std::filesystem::path recipe, out, data_dir, step_log;
  std::vector<std::string> overrides;
  std::string device;  ///< empty: the recipe's
  double checkpoint_seconds = TrainerOptions{}.checkpoint_seconds, peer_seconds = 600;
  bool fresh = false, float_only = false;
};

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may set it");

/// The first Ctrl-C (or TERM) asks the trainer to stop at the next step; the second ends the process as usual.
void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_requested = true; };
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void report_stop(const Trainer& trainer) {
  const std::int64_t step = trainer.state().step, per_epoch = trainer.steps_per_epoch();
  std::fputs(fmt::format("stopped after {} of {} steps of epoch {}; the same command goes on from there\n", step % per_epoch, per_epoch,
                         step / per_epoch + 1)
                 .c_str(),
             stderr);
}

Recipe recipe_of(const TrainCommand& command, const Launch& launch) {
  std::vector<std::string> overrides = command.overrides;
  if (!command.device.empty()) overrides.push_back("train.device=" + command.device);
  Recipe recipe = read_recipe(command.recipe, overrides);
  if (recipe.train.threads == 0 && launch.local_size > 1) recipe.train.threads = std::max(1, default_threads() / launch.local_size);
  return recipe;
}

/// What both trainings of a command share.
struct Stage {
  const TrainCommand& command;
  const Recipe& recipe;  ///< of the command; a stage trains by this or by what it makes of it
  Device device;
  ProcessGroup* group;
  bool leads;

  RunFolder folder(const std::filesystem::path& root) const { return leads ? RunFolder(root) : RunFolder::names_only(root); }

  /// Trains `graph`, or goes on with it; false where it was stopped. `data` comes back.
  bool run(Graph& graph, TrainingData& data, const Recipe& own, const RunFolder& place, const std::filesystem::path& step_log,
           std::function<Graph(const Graph&)> deploy = {}) const {
    Trainer trainer(graph, std::move(data), {own, command.checkpoint_seconds, step_log, device, std::move(deploy), group}, place);
    if (leads) write_file(command.out / "recipe.yaml", to_yaml(recipe));  // now, so that who watches the run knows what it is to become
    if (trainer.run([] { return stop_requested.load(); }) == Trainer::Outcome::kStopped) {
      if (leads) report_stop(trainer);
      return false;
    }
    trainer.write_best(graph);
    data = trainer.take_data();
    return true;
  }
};

/// Beside the float training's: steps.quantized.jsonl for steps.jsonl. A pipe or terminal takes both.
std::filesystem::path quantized_step_log(const std::filesystem::path& step_log) {
  if (step_log.empty() || (std::filesystem::exists(step_log) && !std::filesystem::is_regular_file(step_log))) return step_log;
  return step_log.parent_path() / (step_log.stem().string() + ".quantized" + step_log.extension().string());
}

/// Trains the float network through its quantization; its result is the quantized file.
/// @param begin  what it goes on from, if not from the float network
bool train_quantized(const Stage& stage, const Graph& float_graph, TrainingData& data, const std::optional<EarlierTraining>& begin) {
  Notes notes;
  Graph graph = quantized_training_graph(float_graph, data.train, stage.recipe, &notes);
  if (begin) begin_from(graph, *begin, stage.recipe);
  const Deployment deploy(graph, data.train, stage.recipe, stage.device, &notes);
  print_notes(notes);
  lower(settle(graph));  // throws where no integers hold a layer's sums, before days of training
  const RunFolder folder = stage.folder(stage.command.out / kQuantizedFolder);
  if (!stage.run(graph, data, quantized_recipe(stage.recipe), folder, quantized_step_log(stage.command.step_log), deploy)) return false;
  if (stage.leads) write_onnx(deploy(graph), folder.quantized_model());
  return true;
}

/// @throws InputError where the recipe trains nothing and the network is no trained one, quantizes what is quantized, or leaves widths to be chosen
void check_stages(const Recipe& recipe, const Graph& graph, bool float_only) {
  if (recipe.train.epochs == 0 && recipe.network.model.empty())
    throw InputError(recipe.file.string(), "'epochs' in 'train' is 0, and the network has random weights", "train it, or name a trained one in network.model");
  if (recipe.quantized_training.epochs == 0) return;
  if (!recipe.mixed_precision.bits.empty() && !float_only)
    throw InputError(recipe.file.string(), "'bits' in 'mixed_precision' are chosen by `bitloom run`, between both trainings",
                     "use that, or give the widths in quantize.layers and set mixed_precision.bits to []");
  check_quantized_training(recipe);
  for (const Node* node : graph.nodes_of<Quantize>())
    throw InputError(node->where(), "the network is quantized already, and 'quantized_training' starts from a float one",
                     "set quantized_training.epochs to 0 to train it on as it is");
  check_request_before_training(graph, quantize_options(recipe.quantize, recipe.seed));
}

/// @throws InputError for a run that would write over what it begins from
void check_folders(const Recipe& recipe, const std::filesystem::path& out) {
  const std::string& from = recipe.quantized_training.from;
  std::error_code error;
  if (!from.empty() && std::filesystem::equivalent(from, out, error))
    throw InputError(recipe.file.string(), fmt::format("'from' in 'quantized_training' is {}, where this run is written", from), "give another --out");
}

int train(const TrainCommand& command) {
  const Launch launch = read_launch([](const char* name) { return std::getenv(name); });
  const Recipe recipe = recipe_of(command, launch);
  check_shares(launch.size, recipe.train.batch, std::numeric_limits<std::int64_t>::max(), /*couples=*/false);  // before waiting for others
  const Device device = open_device(recipe.train.device, launch.local_rank);
  const bool leads = launch.rank == 0;
  if (!leads) Progress::set_quiet(true);
  const std::unique_ptr<ProcessGroup> group = launch.size > 1 ? join_process_group(launch, command.peer_seconds, device) : nullptr;

  data::Splits splits = open_data(recipe, command.data_dir);
  print_notes(splits.notes);
  Graph graph = initial_graph(recipe, *splits.train);
  check_data_fits(graph, *splits.train, recipe.data.set);
  if (graph.class_names.empty()) graph.class_names = splits.train->class_names();
  const int wanted = recipe.data.loader_threads > 0 ? recipe.data.loader_threads : recipe.train.threads;
  const int threads = wanted > 0 ? wanted : default_threads();
  TrainingData data{load_images(splits.train, splits.cache, threads), load_images(splits.validation, splits.cache, threads)};
  splits = {};  // what is not trained with need not be kept
  check_data(data, recipe.data.set);
  training_graph(graph);  // throws while nothing has been written
  frozen_nodes(graph, recipe.network.freeze);  // so does this
  check_stages(recipe, graph, command.float_only);
  check_folders(recipe, command.out);
  const bool knows_widths = recipe.mixed_precision.bits.empty();  // else `bitloom run` chooses them behind the float training
  if (knows_widths && !command.fresh) check_goes_on(recipe, RunFolder::names_only(command.out / kQuantizedFolder));
  const std::optional<EarlierTraining> begin = knows_widths ? training_to_begin_from(recipe, graph) : std::nullopt;

  const Stage stage{command, recipe, device, group.get(), leads};
  const RunFolder folder = stage.folder(command.out);
  stop_on_signals();
  if (command.fresh && leads) {
    std::filesystem::remove(folder.checkpoint());
    std::filesystem::remove_all(command.out / kQuantizedFolder);
  }
  if (recipe.train.epochs > 0 && !stage.run(graph, data, recipe, folder, command.step_log)) return kExitStopped;
  const bool goes_on = recipe.quantized_training.epochs > 0 && !command.float_only;
  freeze_quantized_parameters(graph);
  if (leads) write_onnx(graph, folder.model());
  return goes_on && !train_quantized(stage, graph, data, begin) ? kExitStopped : 0;
}

}  // namespace

void register_train(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<TrainCommand>();
  CLI::App* command = app.add_subcommand("train", "Train a recipe's network, or go on where an earlier call was stopped");
  command->add_option("--recipe", options->recipe, "YAML file")->required();
  command->add_option("--out", options->out, "Run folder: gets models/float.onnx and train/")->required();
  command->add_option("--set", options->overrides, "section.key=value instead of the recipe's; may be repeated")->allow_extra_args(false);
  command->add_option("--data-dir", options->data_dir, "Where downloaded sets live")->envname("BITLOOM_DATA");
  command->add_option("--checkpoint-seconds", options->checkpoint_seconds, "Time between checkpoints inside an epoch")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--device", options->device, "cpu or cuda: train.device instead of the recipe's");
  command->add_option("--log-steps", options->step_log, "File that gets loss and accuracy of every step, a line of JSON each; F.jsonl has F.quantized.jsonl beside it for "
                      "quantized_training");
  command->add_option("--peer-timeout", options->peer_seconds, "Seconds that the other processes of a training may keep this one waiting")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_flag("--float-only", options->float_only, "Leave out quantized_training");
  command->add_flag("--fresh", options->fresh, "Start anew instead of going on");
  command->callback([options, &exit_code] { exit_code = train(*options); });
}

}  // namespace bitloom::train
