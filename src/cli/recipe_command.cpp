#include <fmt/format.h>

#include <cstdio>

#include "cli/command_line.h"
#include "recipe/recipe.h"

namespace bitloom::cli {

void register_recipe(CLI::App& app) {
  CLI::App* command = app.add_subcommand("recipe", "Print every key of a recipe: type, default, meaning");
  command->callback([] { std::fputs(recipe_manual().c_str(), stdout); });
}

}  // namespace bitloom::cli
