#pragma once

#include <map>
#include <string>

#include "recipe/recipe.h"

namespace bitloom::serve {

/// "train.batch" -> "100", for keys of a recipe; those without section by their name.
using RecipeKeys = std::map<std::string, std::string>;

/// Every key but the name, with the value of a recipe that does not state it.
const RecipeKeys& default_keys();

/// The keys whose values are not the default ones.
RecipeKeys changed_keys(const Recipe& recipe);

}  // namespace bitloom::serve
