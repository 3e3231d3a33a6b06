#include "ir/ops/quantization.h"

#include <fmt/format.h>

#include <algorithm>

#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

/// Scale and zero point, inputs 1 and 2. A single scale is one for the tensor; a list is one per index of `axis` of a
/// tensor like `x`.
Quantization read_quantization(NodeReader& node, const Shape& x) {
  const Tensor& scale = node.constant_input(1, "scale");
  if (!scale.is_float() || scale.shape().rank() > 1)
    node.refuse("the scale is not float32, one or a list", "quantize per tensor or per channel");
  std::int64_t axis = node.integer("axis", 1);
  if (axis < 0) axis += x.rank();
  const bool axis_exists = axis >= 0 && axis < x.rank();
  const bool per_channel =
      scale.shape().rank() == 1 && (scale.elements() > 1 || (axis_exists && x[static_cast<int>(axis)] == 1));
  if (per_channel && !axis_exists)
    node.refuse(fmt::format("axis {} of a tensor {}", axis, to_string(x)), "choose an axis that it has");

  Quantization quantization{
      {scale.floats().begin(), scale.floats().end()}, 0, per_channel ? static_cast<int>(axis) : -1};
  if (node.has_input(2)) {
    const Tensor& zero_point = node.constant_input(2, "zero point");
    if (zero_point.is_float() || zero_point.is_int64() || zero_point.elements() != scale.elements())
      node.refuse("the zero point is not one integer per scale", "the file is damaged; export it again");
    const auto values = zero_point.integers();
    if (std::ranges::any_of(values, [&](std::int32_t value) { return value != values[0]; }))
      node.refuse("zero points differ from channel to channel", "quantize symmetrically per channel");
    quantization.zero_point = values[0];
  }
  return quantization;
}

Tensor scale_tensor(const Quantization& quantization) {
  const Shape shape =
      quantization.per_channel() ? Shape{static_cast<std::int64_t>(quantization.scales.size())} : Shape{};
  return Tensor(shape, quantization.scales);
}

Tensor zero_point_tensor(const Quantization& quantization, ElementType element) {
  Tensor tensor(TensorType{scale_tensor(quantization).shape(), element, {}});
  std::ranges::fill(tensor.integers(), quantization.zero_point);
  return tensor;
}

void write_quantization(NodeWriter& node, const Quantization& quantization, ElementType element) {
  node.add_constant_input(".scale", scale_tensor(quantization));
  // ONNX gives int32, the type of biases, no zero point.
  if (element != ElementType::int32()) node.add_constant_input(".zero_point", zero_point_tensor(quantization, element));
  if (quantization.per_channel()) node.integer("axis", quantization.axis);
}

void read_quantize_linear(NodeReader& node) {
  Value* x = node.input(0);
  Quantize op;
  op.quantization = read_quantization(node, x->shape());
  op.element =
      node.has_input(2) ? node.constant_input(2, "zero point").type().element : ElementType::uint8();  // ONNX's default
  if (op.element.bits != 8) node.refuse("quantizes to " + to_string(op.element), "supported: INT8 and UINT8");
  node.add_unfolded(op, {x});
}

void write_quantize_linear(NodeWriter& node) {
  write_quantization(node, node.op<Quantize>().quantization, node.op<Quantize>().element);
}

void read_dequantize_linear(NodeReader& node) {
  if (!node.has_input(0)) node.refuse("input 1 is missing", "the file is damaged; export it again");
  const Tensor* constant = node.scope().constant(node.input_name(0));
  const TensorType type = constant ? constant->type() : node.input(0)->type();
  const Quantization quantization = read_quantization(node, type.shape);
  if (type.element.is_float) node.refuse("its input is float32", "dequantize integers");
  if (node.has_input(2) && node.constant_input(2, "zero point").type().element != type.element)
    node.refuse("the zero point is not of the input's type " + to_string(type.element),
                "the file is damaged; export it again");

  Value* x = constant ? node.scope().quantized_constant(node.input_name(0), quantization) : node.input(0);
  if (!x || x->type().quantization != quantization)
    node.refuse("scale or zero point differ from those that its input was quantized with",
                "use one scale and zero point per tensor");
  node.add_unfolded(Dequantize{}, {x});
}

void write_dequantize_linear(NodeWriter& node) {
  const TensorType& type = node.node().input(0)->type();
  write_quantization(node, *type.quantization, type.element);
}

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"DequantizeLinear", 2, 3, Dequantize::kName, read_dequantize_linear, write_dequantize_linear, kTakesIntegers},
    {"QuantizeLinear", 2, 3, Quantize::kName, read_quantize_linear, write_quantize_linear},
};

}  // namespace

OperatorFamily quantization_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
