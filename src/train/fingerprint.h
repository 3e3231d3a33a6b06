#pragma once

#include <map>
#include <string>
#include <string_view>

#include "recipe/recipe.h"

namespace bitloom::train {

/// What makes a training this one: name of each ingredient (a recipe's key, "training images") -> its value or digest.
using Fingerprint = std::map<std::string, std::string>;

/// Adds every key of a recipe's section that decides what is learnt.
void add_section(Fingerprint& fingerprint, std::string_view section, const Recipe& recipe);

}  // namespace bitloom::train
