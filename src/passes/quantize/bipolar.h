#pragma once

#include <map>

#include "passes/notes.h"
#include "passes/quantize/activation_format.h"

/// Where one bit can be a sign. -1 and +1 are all that a bipolar value is: it has no 0, which pads, a Relu and sums of several scales need.
namespace bitloom {

using Histograms = std::map<const Value*, Histogram>;

/// Whether all that reads a value counts, or the layers only.
enum class Readers { kAll, kLayers };

/// Whether those readers can do without a 0: Conv2d and Gemm that pad nothing, and what moves elements on to such.
bool can_be_bipolar(const Value& value, Readers readers);

/// `bits` of a value; 2 where they are 1, it may be negative and a reader needs a 0. A note tells of that.
int with_a_zero(const Graph& graph, const Value& value, int bits, const Histogram& histogram, Readers readers, Notes* notes);

}  // namespace bitloom
