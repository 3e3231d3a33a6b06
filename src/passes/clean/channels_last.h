#pragma once

#include "ir/graph.h"
#include "passes/notes.h"

namespace bitloom {

/// Turns a network that was exported with its channels innermost (Keras, TensorFlow: NHWC, a Transpose around every
/// layer) into plain NCHW. Returns by how many Transposes the graph has become shorter; where it would not become
/// shorter, it stays as it is.
///
///   before   x[1,H,W,C] -> Transpose -> Conv2d -> Transpose -> Relu -> Transpose -> Conv2d -> Transpose -> Flatten ->
///   Gemm(w) after    x[1,C,H,W] -> Conv2d -> Relu -> Conv2d -> Flatten -> Gemm(w with its columns in the other order)
///
/// Transposes move towards the outputs, past element-wise operators and those that work along named axes (Concat, Pad,
/// reductions, Resize, Slice, Tile), whose constants and axes follow. Two that meet become one, or none; one that moves only
/// dimensions of length 1 ends at a Flatten or Reshape; one before Flatten and a Gemm ends in the Gemm's constant
/// weights. An input read by a Transpose from NHWC alone becomes NCHW, which is what preprocess() makes of an image.
/// Every number that is computed stays the same but for the order of a Gemm's or a reduction's sums. Notes the Transposes that stay,
/// with what stops them.
int channels_last_to_first(Graph& graph, Notes* notes = nullptr);

}  // namespace bitloom
