#pragma once

#include <map>
#include <string>
#include <string_view>

#include "ir/graph.h"
#include "recipe/recipe.h"

namespace bitloom::train {

/// What makes a training this one: name of each ingredient (a recipe's key, "training images") -> its value or digest.
using Fingerprint = std::map<std::string, std::string>;

/// CRC-32, in hexadecimal.
std::string digest_of(std::string_view bytes);

/// Adds the network's name, the preprocessing of its images, "operators", a digest of its nodes and their attributes whatever its weights are,
/// and "zero points", those of its simulated quantizers in order.
void add_network(Fingerprint& fingerprint, const Graph& graph);

/// Adds "section.key" with the recipe's value.
void add_key(Fingerprint& fingerprint, std::string_view section, std::string_view key, const Recipe& recipe);

/// Adds every key of a recipe's section that decides what is learnt.
void add_section(Fingerprint& fingerprint, std::string_view section, const Recipe& recipe);

/// Adds what a stage's recipe says of what is learnt. @param is_quantized  of the training through simulated quantization
void add_recipe(Fingerprint& fingerprint, const Recipe& recipe, bool is_quantized);

}  // namespace bitloom::train
