#pragma once

#include "passes/quantize/run_graph.h"

namespace bitloom {

/// RunGraph (passes/quantize/run_graph.h) on the engine, a batch of images at a time on all processors. Integers are the reference's bits;
/// convolutions and fully connected layers of floats are summed in float32 where the reference sums in double (engine/engine.h). What comes
/// out does not depend on the number of threads.
void run_on_engine(const Graph& graph, const std::vector<const Value*>& values, const CalibrationImages& images, const Observe& observe);

}  // namespace bitloom
