#include <cmath>
#include <iterator>

#include "ir/ops/dynamic_quantize.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/integer_product.h"
#include "ir/ops/multi_threshold.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "onnx/random_graph/generator.h"

namespace bitloom::onnx_format {
namespace {

/// QuantizeLinear and DequantizeLinear, between which a MaxPool may stand.
void add_qdq(Generator& g) {
  Quantize op;
  op.element = g.coin() ? ElementType::int8() : ElementType::uint8();
  op.quantization = g.quantization(op.element, g.shape(), 1);
  g.append(op);
  if (g.below(3) == 0) {
    MaxPool2d pool;
    pool.window = {.kernel_h = 2, .kernel_w = 3, .stride_w = 2, .pad_top = 1, .pad_left = 1, .pad_right = 1};
    g.append(pool);
  }
  g.append(Dequantize{});
}

/// A quantizer as QONNX knows it: any width and rounding, between reals.
void add_quant(Generator& g) {
  constexpr Rounding kOfAnyZeroPoint[] = {Rounding::kFloor, Rounding::kCeil};
  constexpr Rounding kOfNone[] = {Rounding::kHalfToEven,  Rounding::kAwayFromZero,     Rounding::kFloor,
                                  Rounding::kTowardsZero, Rounding::kHalfAwayFromZero, Rounding::kHalfTowardsZero};
  Quantize op;
  op.element = ElementType::integer(1 + g.small(16), g.coin());
  op.quantization = g.quantization(ElementType::int32(), g.shape(), 1);
  op.rounding = kOfNone[g.below(std::size(kOfNone))];
  if (!op.element.is_signed && g.coin()) {
    op.quantization.zero_point = static_cast<std::int32_t>(1 + g.below(op.element.max()));
    op.rounding = g.coin() ? kOfAnyZeroPoint[g.below(2)] : op.quantization.zero_point % 2 ? Rounding::kHalfToOdd : Rounding::kHalfToEven;
  }
  if (op.element.is_bipolar()) op.rounding = Rounding::kHalfToEven;
  op.narrow = op.element.bits > 1 && g.coin();
  g.append(op);
  g.append(Dequantize{});
}

/// Bits dropped from integers, with the scale grown to match or, as a mean of a sum, kept.
void add_trunc(Generator& g) {
  constexpr Rounding kModes[] = {Rounding::kFloor, Rounding::kCeil, Rounding::kHalfToEven, Rounding::kTowardsZero};
  Trunc op;
  op.input = g.quantization(ElementType::int32(), g.shape(), 1);
  op.shift = g.small(5);
  op.rounding = kModes[g.below(std::size(kModes))];
  op.quantization = op.input;
  op.element = ElementType::int32();
  if (g.coin() || op.shift == 0) {
    for (float& scale : op.quantization.scales) scale = std::ldexp(scale, op.shift);
    op.element = ElementType::integer(2 + g.small(15), g.coin());
    op.narrow = g.coin();
    if (g.coin()) {
      op.quantization.zero_point = g.small(2);
      op.input.zero_point = op.quantization.zero_point << op.shift;
    }
  }
  g.append(op);
  g.append(Dequantize{});
}

void add_multi_threshold(Generator& g) {
  MultiThreshold op;
  op.axis = g.coin() ? 1 : 3;
  const std::int64_t rows = g.coin() ? g.shape()[op.axis] : 1, count = 1 + g.below(7);
  op.quantization = {{g.real(0.001, 0.1)}, 0, -1};
  op.element = ElementType::integer(4, false);
  if (g.coin()) {
    op.element = ElementType::integer(4 + g.small(3), true);
    op.bias = -g.small(9);
  } else if (count == 1) {
    op.element = ElementType::bipolar();
  }
  g.append(op, {g.floats({rows, count})});
  g.append(Dequantize{});
}

/// Integers of the last tensor, their scale and their zero point, all found while the network runs.
std::vector<Value*> dynamically_quantized(Generator& g) {
  return g.node_with_outputs(std::make_unique<DynamicQuantize>(), {g.last()})->outputs();
}

void append_scaled(Generator& g, Value* sum, Value* scale) { g.set_last(g.node(Mul{}, {g.node(Cast{}, {sum}), scale})); }

void add_dynamic_matmul(Generator& g) {
  const std::vector<Value*> x = dynamically_quantized(g);
  const std::int64_t outputs = 1 + g.below(4);
  const ElementType element = g.coin() ? ElementType::int8() : ElementType::uint8();
  Value* w = g.integers({g.shape()[3], outputs}, element);
  Value* w_zero_point = g.coin() ? g.integers(g.coin() ? Shape{outputs} : Shape{}, element) : nullptr;
  append_scaled(g, g.node(MatMulInteger{}, {x[0], w, x[2], w_zero_point}), x[1]);
}

void add_dynamic_conv(Generator& g) {
  const std::vector<Value*> x = dynamically_quantized(g);
  ConvInteger op;
  op.geometry.pad_top = op.geometry.pad_right = 1 + g.small(2);
  op.geometry.stride_h = 1 + g.small(2);
  const std::int64_t outputs = 1 + g.below(3);
  Value* w = g.integers({outputs, g.shape()[1], 2, 2}, ElementType::int8());
  append_scaled(g, g.node(op, {x[0], w, x[2], g.coin() ? g.integers({outputs}, ElementType::int8()) : nullptr}), x[1]);
}

constexpr Layer kLayers[] = {add_qdq, add_qdq, add_dynamic_conv, add_dynamic_matmul};
constexpr Layer kQonnxLayers[] = {add_multi_threshold, add_qdq, add_quant, add_quant, add_trunc};

}  // namespace

LayerFamily quantization_layers() { return kLayers; }
LayerFamily qonnx_layers() { return kQonnxLayers; }

}  // namespace bitloom::onnx_format
