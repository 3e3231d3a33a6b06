#pragma once

#include "passes/notes.h"
#include "passes/quantize/run_graph.h"

namespace bitloom {

/// High-bias absorption: what a channel always gives goes into the bias of the layer that reads it, so that the range between them shrinks.
///
///   before   x -> layer(w1, b1) -> Relu, pools, Flatten ... -> layer(w2, b2) -> y
///   after    b1'[c] = b1[c] - a[c],   b2'[o] = b2[o] + sum over c, u, v of w2[o,c,u,v] * a[c]
///   with     a[c] = max(0, mean - 3 * standard deviation) of channel c before the Relu, on the calibration images
///
/// y changes where a value lies below a[c], one in 740 of a normal distribution, and by float rounding. Pairs are those of equalize_layers,
/// after which this is to be run, as equalization makes high biases. A pair whose second layer or average pool pads is left alone, with a
/// note: in the padding nothing was subtracted. So is one with a Clip. (The paper reads mean and deviation off a BatchNorm, and does not speak
/// of padding.) Returns how many channels gave something up. Expects folded BatchNorms.
/// Source: Nagel et al. 2019, arXiv:1906.04721, section 4.1.3.
int absorb_high_biases(Graph& graph, const CalibrationImages& images, Notes* notes, const RunGraph& run);

}  // namespace bitloom
