#include "ir/ops/quantization.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/ops/elementwise.h"
#include "onnx/operators/operators.h"
#include "onnx/operators/quantized.h"
#include "onnx/tensor_proto.h"

namespace bitloom::onnx_format {

Quantization read_quantization(NodeReader& node, int scale_input, int zero_point_input, const Shape& x, ChannelAxis axis) {
  const Tensor& scale = node.constant_input(scale_input, "scale");
  if (!scale.is_float() || scale.shape().rank() > 1 || scale.elements() == 0)
    node.refuse("the scale is not float32, one or a list", "quantize per tensor or per channel");
  if (!axis && scale.elements() != 1) node.refuse(fmt::format("{} scales for a tensor that takes one", scale.elements()), "quantize it per tensor");
  if (axis && *axis < 0) *axis += x.rank();
  const bool axis_exists = axis && *axis >= 0 && *axis < x.rank();
  // One scale is that of the one output channel of weights, on axis 0; of an activation it is the tensor's.
  const bool is_of_one_channel = axis_exists && *axis == 0 && x[0] == 1;
  const bool per_channel = scale.shape().rank() == 1 && (scale.elements() > 1 || is_of_one_channel);
  if (per_channel && !axis_exists) node.refuse(fmt::format("axis {} of a tensor {}", *axis, to_string(x)), "choose an axis that it has");

  node.allow_constant(scale.shape());
  Quantization quantization{{scale.floats().begin(), scale.floats().end()}, 0, per_channel ? static_cast<int>(*axis) : -1};
  if (!node.has_input(zero_point_input)) return quantization;
  const Tensor& zero_point = node.constant_input(zero_point_input, "zero point");
  if (zero_point.is_float() || zero_point.is_int64() || zero_point.elements() != scale.elements())
    node.refuse("the zero point is not one integer per scale", "the file is damaged; export it again");
  const auto values = zero_point.integers();
  if (std::ranges::all_of(values, [&](std::int32_t value) { return value == values[0]; }))
    quantization.zero_point = values[0];
  else
    quantization.zero_points.assign(values.begin(), values.end());
  return quantization;
}

Value* dequantized(NodeReader& node, const QuantizedInput& input, const std::string& suffix, ChannelAxis axis) {
  if (!node.has_input(input.tensor)) node.refuse(fmt::format("input {} is missing", input.tensor + 1), "the file is damaged; export it again");
  const std::string& name = node.input_name(input.tensor);
  const TensorType type = node.integer_type(input.tensor);
  const Quantization quantization = read_quantization(node, input.scale, input.zero_point, type.shape, axis);
  if (type.element.is_float || type.element.bits > 32)
    node.refuse(fmt::format("input {} is {}", input.tensor + 1, to_string(type.element)), "dequantize integers of at most 32 bits, signed");
  if (node.has_input(input.zero_point) && node.constant_input(input.zero_point, "zero point").type().element != type.element)
    node.refuse("the zero point is not of the input's type " + to_string(type.element), "the file is damaged; export it again");
  Value* x = node.scope().quantized(name, quantization);
  if (!x)
    node.refuse("scale or zero point differ from those that its input was quantized with", "use one scale and zero point per tensor");
  return node.add_unfolded_step(suffix, Dequantize{}, {x});
}

void quantize_output(NodeReader& node, Value* real, int scale, int zero_point, const Value* like, ChannelAxis axis) {
  Quantize op;
  op.quantization = read_quantization(node, scale, zero_point, real->shape(), axis);
  op.element = (node.has_input(zero_point) ? node.constant_input(zero_point, "zero point").type() : like->producer()->input(0)->type()).element;
  node.add_unfolded(op, {real});
}

namespace {

Tensor scale_tensor(const Quantization& quantization) {
  const Shape shape =
      quantization.per_channel() ? Shape{static_cast<std::int64_t>(quantization.scales.size())} : Shape{};
  return Tensor(shape, quantization.scales);
}

Tensor zero_point_tensor(const Quantization& quantization, ElementType element) {
  Tensor tensor(TensorType{scale_tensor(quantization).shape(), element, {}});
  for (std::size_t i = 0; i < tensor.integers().size(); ++i) tensor.integers()[i] = quantization.zero_point_of(i);
  return tensor;
}

void write_quantization(NodeWriter& node, const Quantization& quantization, ElementType element) {
  node.add_constant_input(".scale", scale_tensor(quantization));
  // ONNX gives int32, the type of biases, no zero point.
  if (element != ElementType::int32()) node.add_constant_input(".zero_point", zero_point_tensor(quantization, element));
  if (quantization.per_channel()) node.integer("axis", quantization.axis);
}

/// The type that opset 21's output_dtype names; that of the zero point, or uint8, where it is not given.
ElementType element_of_output(NodeReader& node) {
  const std::int64_t named = node.integer("output_dtype", 0);
  const ElementType given = node.has_input(2) ? node.constant_input(2, "zero point").type().element : ElementType::uint8();  // ONNX's default
  if (named == 0 || node.has_input(2)) return given;
  if (const auto element = integer_element(static_cast<int>(named))) return *element;
  node.refuse(fmt::format("output_dtype = {}", named), "supported: integers of 4, 8 and 16 bits");
}

void refuse_blocks(NodeReader& node) {
  node.require_integer("block_size", 0, "one scale per tensor or per channel");
}

void read_quantize_linear(NodeReader& node) {
  Value* x = node.input(0);
  Quantize op;
  op.quantization = read_quantization(node, 1, 2, x->shape(), node.integer("axis", 1));
  op.element = element_of_output(node);
  node.integer("saturate", 1);  // concerns 8-bit floats only
  refuse_blocks(node);
  if (op.element.is_float || op.element.bits > 16 || op.element.bits < 4)
    node.refuse("quantizes to " + to_string(op.element), "supported: integers of 4, 8 and 16 bits");
  node.add_unfolded(op, {x});
}

void write_quantize_linear(NodeWriter& node) {
  write_quantization(node, node.op<Quantize>().quantization, node.op<Quantize>().element);
}

/// Where the network computes the scale (DynamicQuantizeLinear), it is numbers like any other: (q - zero_point) * scale.
void read_computed_scale(NodeReader& node) {
  Value *scale = node.input(1), *zero_point = node.optional_input(2);
  if (scale->shape().elements() != 1) node.refuse("the scale is computed and not one number", "quantize by constant scales, or per tensor");
  node.integer("axis", 1);  // says nothing of one scale
  Value* x = node.add_step("real", Cast{}, {node.input(0)});
  if (zero_point) x = node.add_step("centred", Sub{}, {x, node.add_step("zero_point", Cast{}, {zero_point})});
  node.add(Mul{}, {x, scale});
}

void read_dequantize_linear(NodeReader& node) {
  refuse_blocks(node);
  const bool is_computed = node.has_input(1) && node.scope().is_defined(node.input_name(1)) && !node.scope().constant(node.input_name(1));
  if (is_computed) return read_computed_scale(node);
  node.define_output(0, dequantized(node, {0, 1, 2}, "", node.integer("axis", 1)));
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
