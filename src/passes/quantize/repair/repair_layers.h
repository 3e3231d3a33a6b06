#pragma once

#include "passes/notes.h"
#include "passes/quantize/quantize_model.h"

namespace bitloom {

/// Repairs the parameters of `qdq`, which quantize_model made of `float_graph`, one Conv2d or Gemm after the other, each behind layers that are
/// repaired already:
///
///   rounding      as options.rounding says: AdaRound learns it from what the layer reads in `qdq` and gives in `float_graph`
///   correct_bias  b[c] += mean of the float layer's output - mean of the quantized one's, over all images and places of channel c
///
/// Scales stay as they are. A layer without a bias is left uncorrected. A note for each layer says what changed. The graphs are run on the
/// images up to a layer at a time, so that no more is kept than a batch of activations, the sampled rows of a layer, and means.
/// Source: Nagel et al. 2019, arXiv:1906.04721, section 4.2; Nagel et al. 2021, arXiv:2106.08295, sections 3.3 and 3.4.
void repair_layers(const Graph& float_graph, Graph& qdq, const CalibrationImages& images, const QuantizeOptions& options, Notes* notes,
                   const RunGraph& run);

/// Gives every Conv2d and Gemm a bias, of zeros where it had none. Returns how many had none.
int add_zero_biases(Graph& float_graph);

}  // namespace bitloom
