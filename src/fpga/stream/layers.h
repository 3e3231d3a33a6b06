#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "fpga/stream/design.h"
#include "ir/graph.h"
#include "ir/ops/quantization.h"

namespace bitloom::fpga {

/// What an element of a stream can be: its width, and the range of values that really occur, which bounds every sum made of it.
struct ElementRange {
  int bits = 8;
  bool is_signed = false;
  std::int64_t low = 0, high = 255;
  bool operator==(const ElementRange&) const = default;
};

/// The narrowest two's complement that holds low..high.
ElementRange signed_range(std::int64_t low, std::int64_t high);

struct Window {
  int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  std::int64_t pad_value = 0;
  int positions() const { return kernel_h * kernel_w; }
  /// A window of one position at every pixel passes the map on as it is: no unit is needed.
  bool is_trivial() const { return positions() == 1 && stride_h * stride_w == 1 && pad_top + pad_left + pad_bottom + pad_right == 0; }
};

/// Conv2d or Gemm. Order of the weights: output, then the window's elements as the stream brings them: kh, kw, channel.
struct WeightedSum {
  std::int64_t inputs = 0, outputs = 0;
  int weight_bits = 8;
  std::vector<std::int32_t> weights;
  std::vector<std::int64_t> biases;  ///< with -zero_point * sum(weights) folded in: the block sees raw integers
};

struct Narrowing {  ///< Requantize
  std::vector<FixedMultiplier> factors;
  Rounding rounding = Rounding::kHalfToEven;
  std::int64_t zero_point = 0;
};

struct Pooling {
  bool sum = false;
  std::int64_t offset = 0;           ///< sum only: zero_point * positions
};

struct Table {
  std::vector<std::int32_t> entries; ///< y = entries[x - smallest x of its type]
};

/// A layer as the pipeline computes it, before it is folded.
struct Layer {
  std::string node, op;
  std::string identifier;            ///< the node's name as a Verilog identifier, unique among the layers
  MapShape input_map, output_map;
  ElementRange input, output;
  Window window;                     ///< trivial for layers without one
  std::int64_t macs = 0;
  std::variant<WeightedSum, Narrowing, Pooling, Table> work;
};

/// The layers of an integer graph in the order of the stream, Relu merged where it can be.
/// @throws InputError naming the node that a linear pipeline cannot hold, why, and the nearest thing that works
std::vector<Layer> layers_of(const Graph& integer_graph);

}  // namespace bitloom::fpga
