#pragma once

#include "ir/graph.h"
#include "passes/notes.h"

namespace bitloom {

/// Writes a mean over the rows and columns of an image as the average pool that it is, which quantization and hardware know. Returns how
/// many there were.
///
///   before   x[1,C,H,W] -> ReduceMean(axes 2, 3) -> y
///   after    x[1,C,H,W] -> AveragePool2d(kernel HxW) -> Flatten, where the axes are not kept -> y
///
/// Leaves alone: means over other axes. Both divide the sum once, so every number stays the same.
int spatial_means_to_pools(Graph& graph, Notes* notes = nullptr);

}  // namespace bitloom
