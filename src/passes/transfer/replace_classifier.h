#pragma once

#include <cstdint>

#include "ir/graph.h"

namespace bitloom {

/// Gives a classifier as many outputs as `classes`: transfer learning from a network that was trained on other data.
///
///   before   ... -> Gemm(w [A, K], b [A]) [-> Softmax] -> A scores
///   after    ... -> Gemm(w' [B, K], b' [B]) [-> Softmax] -> B scores
///
/// The classifier is the last Conv2d or Gemm; only pools, ReLU, Flatten, means and Softmax may follow it. Its new weights are drawn uniformly
/// from +-sqrt(3 / K), a function of `seed`, and its new biases are 0. Class names are dropped. Returns the classifier.
/// @throws InputError naming the node in the way, or a classifier whose weights are computed (a quantized network's)
const Node& replace_classifier(Graph& graph, std::int64_t classes, std::uint64_t seed);

}  // namespace bitloom
