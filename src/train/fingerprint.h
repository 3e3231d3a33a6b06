#pragma once

#include <map>
#include <string>
#include <string_view>

#include "recipe/recipe.h"

namespace bitloom::train {

/// What makes a training this one: name of each ingredient (a recipe's key, "training images") -> its value or digest.
using Fingerprint = std::map<std::string, std::string>;

/// Adds "section.key" with the recipe's value.
void add_key(Fingerprint& fingerprint, std::string_view section, std::string_view key, const Recipe& recipe);

/// Adds every key of a recipe's section that decides what is learnt.
void add_section(Fingerprint& fingerprint, std::string_view section, const Recipe& recipe);

}  // namespace bitloom::train
