#pragma once

#include "ir/graph.h"
#include "passes/notes.h"

namespace bitloom {

/// Cross-layer equalization: scales the channels between two layers, so that one scale for all of a layer's weights fits each of them.
///
///   before   x -> layer(w1, b1) -> Relu, pools, Flatten ... -> layer(w2, b2) -> y
///   after    w1'[c] = w1[c] / s[c],  b1'[c] = b1[c] / s[c],  w2'[:, c] = w2[:, c] * s[c]
///   with     s[c] = sqrt(largest |w1[c]| / largest |w2[:, c]|), again and again over all pairs until no channel moves by a thousandth
///
/// Both layers are Conv2d (of any groups) or Gemm with constant parameters, and nothing else reads what is between them. y changes by float
/// rounding only, but where a Clip from 0 lies between: no scaling goes through its upper bound, so it becomes a Relu, with a note. A channel of no
/// weights to speak of beside its bias stays as it is, with a note: its s would be near 0, and b1'[c] beyond all other values.
/// Returns the number of pairs. Expects folded BatchNorms. Source: Nagel et al. 2019, arXiv:1906.04721, section 4.1.
int equalize_layers(Graph& graph, Notes* notes = nullptr);

}  // namespace bitloom
