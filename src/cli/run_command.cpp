#include "cli/command_line.h"
#include "cli/data_options.h"
#include "cli/run/run.h"

namespace bitloom::cli {

namespace {

/// The command that does this run again.
std::string command_text(const RunOptions& options) {
  std::string text = "bitloom run " + options.recipe.string();
  for (const std::string& assignment : options.overrides) text += " --set '" + assignment + "'";
  if (!options.data_dir.empty()) text += " --data-dir " + options.data_dir.string();
  if (!options.out.empty()) text += " --out " + options.out.string();
  return text;
}

}  // namespace

void register_run(CLI::App& app) {
  const auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "The whole way of a recipe: train, quantize, compile, verify, synthesize, report");
  command->add_option("RECIPE", options->recipe, "YAML file; `bitloom recipe` lists its keys")->required();
  command->add_option("--out", options->out, "Folder for everything (default: runs/NAME)");
  command->add_option("--set", options->overrides, "section.key=value instead of the recipe's; may be repeated")->allow_extra_args(false);
  command->add_option("--data-dir", options->data_dir, "Where downloaded sets live")->envname("BITLOOM_DATA");
  add_recipe_data_options(*command, options->overrides);
  command->add_flag("--fresh", options->fresh, "Train anew instead of going on with, or reusing, an earlier training");
  command->callback([options] {
    options->command = command_text(*options);
    Run(*options).execute();
  });
}

}  // namespace bitloom::cli
