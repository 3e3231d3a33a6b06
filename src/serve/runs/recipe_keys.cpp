#include "serve/runs/recipe_keys.h"

#include "recipe/keys.h"

namespace bitloom::serve {
namespace {

RecipeKeys all_keys_of(const Recipe& recipe) {
  RecipeKeys keys;
  for (const recipe::Key& key : recipe::all_keys()) {
    if (key.section.empty() && key.name == "name") continue;  // runs have one anyway, their folder's
    const std::string path = key.section.empty() ? std::string(key.name) : std::string(key.section) + "." + std::string(key.name);
    keys.emplace(path, recipe::value_text(key.value, recipe));
  }
  return keys;
}

}  // namespace

const RecipeKeys& default_keys() {
  static const RecipeKeys keys = all_keys_of(Recipe());
  return keys;
}

RecipeKeys changed_keys(const Recipe& recipe) {
  RecipeKeys keys = all_keys_of(recipe);
  std::erase_if(keys, [](const auto& entry) { return default_keys().at(entry.first) == entry.second; });
  return keys;
}

}  // namespace bitloom::serve
