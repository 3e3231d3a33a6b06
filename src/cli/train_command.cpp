#include "cli/command_line.h"
#include "cli/data_options.h"
#include "cli/trainer.h"
#include "recipe/recipe.h"

namespace bitloom::cli {
namespace {

struct TrainOptions {
  std::filesystem::path recipe, out, data_dir;
  std::vector<std::string> overrides;
  bool fresh = false;
};

}  // namespace

void register_train(CLI::App& app) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* command = app.add_subcommand("train", "Train the recipe's network; goes on where an earlier call was stopped");
  command->add_option("RECIPE", options->recipe, "YAML file; `bitloom recipe` lists its keys")->required();
  command->add_option("--out", options->out, "Folder for the model and its metrics (default: runs/NAME)");
  command->add_option("--set", options->overrides, "section.key=value instead of the recipe's; may be repeated")->allow_extra_args(false);
  command->add_option("--data-dir", options->data_dir, "Where downloaded sets live")->envname("BITLOOM_DATA");
  add_recipe_data_options(*command, options->overrides);
  command->add_flag("--fresh", options->fresh, "Start anew instead of going on");
  command->callback([options] {
    const Recipe recipe = read_recipe(options->recipe, options->overrides);
    train(options->recipe, options->overrides, options->out.empty() ? default_run_folder(recipe) : options->out, options->data_dir,
          options->fresh);
  });
}

}  // namespace bitloom::cli
