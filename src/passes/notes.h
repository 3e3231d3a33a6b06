#pragma once

#include <string>
#include <vector>

namespace bitloom {

/// What passes tell the user beside their result: a node left alone and why, a choice that was made. One sentence each, beginning with
/// the node's `where()`.
using Notes = std::vector<std::string>;

inline void note(Notes* notes, std::string sentence) {
  if (notes) notes->push_back(std::move(sentence));
}

}  // namespace bitloom
