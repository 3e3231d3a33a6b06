#include "cli/command_line.h"
#include "cli/data_options.h"
#include "cli/trainer.h"
#include "recipe/recipe.h"

namespace bitloom::cli {
namespace {

struct TrainOptions {
  std::filesystem::path recipe, out, data_dir, step_log;
  std::vector<std::string> overrides;
  std::string device, peer_timeout;
  bool fresh = false;
};

/// In this process's place, because a launcher of several processes signals the ones that it started.
[[noreturn]] void train(const TrainOptions& options) {
  const Recipe recipe = read_recipe(options.recipe, options.overrides);
  const std::filesystem::path out = options.out.empty() ? default_run_folder(recipe) : options.out;
  std::vector<std::string> arguments = train_arguments(options.recipe, options.overrides, out, options.data_dir, options.fresh);
  const auto pass_on = [&](const char* name, const std::string& value) {
    if (!value.empty()) arguments.insert(arguments.end(), {name, value});
  };
  pass_on("--device", options.device);
  pass_on("--log-steps", options.step_log.string());
  pass_on("--peer-timeout", options.peer_timeout);
  become_trainer(std::move(arguments));
}

}  // namespace

void register_train(CLI::App& app) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* command = app.add_subcommand("train", "Train the recipe's network; goes on where an earlier call was stopped");
  command->add_option("RECIPE", options->recipe, "YAML file; `bitloom recipe` lists its keys")->required();
  command->add_option("--out", options->out, "Folder for the model and its metrics (default: runs/NAME)");
  command->add_option("--set", options->overrides, "section.key=value instead of the recipe's; may be repeated")->allow_extra_args(false);
  command->add_option("--data-dir", options->data_dir, "Where downloaded sets live")->envname("BITLOOM_DATA");
  add_recipe_data_options(*command, options->overrides);
  command->add_option("--device", options->device, "cpu or cuda: train.device instead of the recipe's");
  command->add_option("--log-steps", options->step_log, "File that gets loss and accuracy of every step, a line of JSON each; F.jsonl has F.quantized.jsonl beside it for "
                      "quantized_training");
  command->add_option("--peer-timeout", options->peer_timeout,
                      "Seconds that the other processes of a training may keep this one waiting (default: 600)")
      ->check(CLI::PositiveNumber);
  command->add_flag("--fresh", options->fresh, "Start anew instead of going on");
  command->callback([options] { train(*options); });
  command->footer("Several processes train together where RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT are set, as torchrun sets them.");
}

}  // namespace bitloom::cli
