#pragma once

#include <cstdint>

#include "ir/graph.h"

namespace bitloom::onnx_format {

/// For tests: a graph of up to a dozen layers that uses everything that ONNX's float and QDQ form can say, a pure
/// function of the key.
Graph random_graph(std::uint64_t seed, std::uint64_t trial);
/// The same with quantizers that only QONNX can say among them: 1 to 16 bits, narrow ranges, every rounding, bipolar values.
Graph random_qonnx_graph(std::uint64_t seed, std::uint64_t trial);

}  // namespace bitloom::onnx_format
