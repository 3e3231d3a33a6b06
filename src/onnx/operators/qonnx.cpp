// QONNX: quantizers of any width, scale and rounding, as Brevitas exports and FINN reads them (arXiv:2206.07527). A quantizer there takes
// reals and gives reals; here it is Quantize and Dequantize.
#include "onnx/operators/qonnx.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "ir/ops/elementwise.h"
#include "ir/ops/multi_threshold.h"
#include "ir/ops/quantization.h"
#include "onnx/operators/operators.h"
#include "onnx/operators/qonnx_scales.h"

namespace bitloom::onnx_format {
namespace {

Tensor integers_of(const Tensor& constant, const Quantize& op) {
  const Tensor* inputs[] = {&constant};
  Tensor integers(TensorType{constant.shape(), op.element, op.quantization});
  op.evaluate(inputs, {&integers, 1});
  return integers;
}

/// The same with the zero point added before rounding, as QONNX has it: ties go to the even integer, which it decides channel by channel.
Tensor integers_rounded_to_even(const Tensor& constant, Quantize op) {
  op.rounding = Rounding::kHalfToEven;
  Tensor integers = integers_of(constant, op);
  op.rounding = Rounding::kHalfToOdd;
  const Tensor beside_odd = integers_of(constant, op);
  std::size_t inner = 1;
  for (int axis = constant.shape().rank() - 1; axis > op.quantization.axis; --axis) inner *= static_cast<std::size_t>(constant.shape()[axis]);
  for (std::size_t i = 0; i < integers.integers().size(); ++i)
    if (op.quantization.zero_point_of(i / inner % op.quantization.scales.size()) & 1) integers.integers()[i] = beside_odd.integers()[i];
  return integers;
}

void define_constant(NodeReader& node, Tensor integers) {
  node.allow_constant(integers.shape());
  node.add_under_output_name(Dequantize{}, {node.scope().graph.add_constant(one_line(node.input_name(0)), std::move(integers))});
}

/// Quantize and Dequantize as this node. A constant is kept as its integers.
void define_quantizer(NodeReader& node, const Quantize& op) {
  if (const Tensor* constant = node.scope().constant(node.input_name(0))) {
    define_constant(node, integers_of(*constant, op));
  } else {
    node.add_under_output_name(Dequantize{}, {node.add_unfolded_step(node.has_name_of_its_own() ? "" : "quantize", op, {node.input(0)})});
  }
}

void read_quant(NodeReader& node) {
  const Shape shape = real_shape(node);
  Quantize op;
  op.element = ElementType::integer(bits_input(node, 3, "bit width"), node.integer("signed", 1) != 0);
  if (!op.element.is_signed && op.element.bits > 31) node.refuse("quantizes to " + to_string(op.element), "use at most 31 bits unsigned, or 32 signed");
  op.quantization = read_scales(node, shape, 1, 2);
  const Rounding rounding = read_rounding_mode(node, "ROUND");
  const bool narrow = node.integer("narrow", 0) != 0;
  const Tensor* constant = node.scope().constant(node.input_name(0));
  if (constant && rounding == Rounding::kHalfToEven && !op.element.is_bipolar()) {
    op.narrow = narrow;
    return define_constant(node, integers_rounded_to_even(*constant, op));
  }
  op.rounding = before_zero_points(node, rounding, op.quantization);
  if (op.element.is_bipolar()) {
    if (op.quantization.zero_point != 0 || !op.quantization.zero_points.empty())
      node.refuse("a bipolar value with a zero point", "use a zero point of 0");
    op.rounding = Rounding::kHalfToEven;
  } else {
    op.narrow = narrow;
  }
  define_quantizer(node, op);
}

void read_bipolar_quant(NodeReader& node) {
  Quantize op;
  op.element = ElementType::bipolar();
  op.quantization = read_scales(node, real_shape(node), 1, kNoInput);
  define_quantizer(node, op);
}

/// How many bits lie between two scales; ROUND(log2(output / input)) as QONNX has it. @throws InputError where channels differ in that
int bits_between(NodeReader& node, const Quantization& input, const Quantization& output) {
  if (input.scales.size() != output.scales.size() || input.axis != output.axis)
    node.refuse(fmt::format("{} input scales and {} output scales", input.scales.size(), output.scales.size()), "give as many of both");
  std::optional<double> shift;
  for (std::size_t i = 0; i < input.scales.size(); ++i) {
    const double bits = std::nearbyint(std::log2(output.scales[i] / input.scales[i]));
    if (!(bits >= 0 && bits < 32) || (shift && *shift != bits))
      node.refuse(fmt::format("scales {} and {} lie {} bits apart", input.scales[i], output.scales[i], bits),
                  "make it 0 to 31 for all channels");
    shift = bits;
  }
  return static_cast<int>(*shift);
}

/// Drops `shift` bits of zero points. @throws InputError where they are not zero
void shift_zero_points(NodeReader& node, const Quantization& input, int shift, Quantization& output) {
  const auto shifted = [&](std::int32_t zero) {
    if (zero % (std::int64_t{1} << shift) != 0)
      node.refuse(fmt::format("zero point {} without its lowest {} bits", zero, shift),
                  "use a multiple of the scales' ratio, or quantize symmetrically");
    return static_cast<std::int32_t>(zero / (std::int64_t{1} << shift));
  };
  output.zero_point = shifted(input.zero_point);
  for (const std::int32_t zero : input.zero_points) output.zero_points.push_back(shifted(zero));
}

/// Version 1 drops bits and keeps the scale, so that a sum becomes a mean: x, scale, zero point, input bits, output bits. Later ones keep
/// what the integers stand for, with x, scale, zero point, input bits, output scale, output zero point (missing in the documentation of
/// version 2) and output bits.
void read_trunc(NodeReader& node) {
  constexpr int kInputBits = 3, kVersion1 = 5, kWithOutputZeroPoint = 7;
  const Shape shape = real_shape(node);
  Trunc op;
  op.input = read_scales(node, shape, 1, 2);
  op.rounding = read_rounding_mode(node, "FLOOR");
  const int output_bits = bits_input(node, node.inputs() - 1, "output bit width");
  if (node.inputs() == kVersion1) {
    op.shift = bits_input(node, kInputBits, "input bit width") - output_bits;
    op.element = ElementType::int32();  // nothing is clamped
    op.quantization = op.input;
  } else {
    number_input(node, kInputBits, "input bit width");  // the scales say how many bits are dropped
    op.quantization = read_scales(node, shape, 4, kNoInput);
    op.shift = bits_between(node, op.input, op.quantization);
    shift_zero_points(node, op.input, op.shift, op.quantization);
    if (node.inputs() == kWithOutputZeroPoint && read_scales(node, shape, 4, 5) != op.quantization)
      node.refuse("an output zero point that is not the input's without its lowest bits", "export the network again");
    op.element = ElementType::integer(output_bits, node.integer("signed", 1) != 0);
    op.narrow = node.integer("narrow", 0) != 0;
  }
  Value* x = node.input(0);
  node.add_under_output_name(Dequantize{}, {node.add_unfolded_step(node.has_name_of_its_own() ? "" : "trunc", op, {x})});
}

/// The integer type that FINN calls INT4, UINT2, BINARY, ...; nothing for other names.
std::optional<ElementType> named_type(std::string_view name) {
  if (name == "BINARY") return ElementType::integer(1, false);
  const bool is_signed = name.starts_with("INT");
  if (!is_signed && !name.starts_with("UINT")) return std::nullopt;
  name.remove_prefix(is_signed ? 3 : 4);
  int bits = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), bits);
  if (error != std::errc{} || end != name.data() + name.size() || bits < (is_signed ? 2 : 1) || bits > 31) return std::nullopt;
  return ElementType::integer(bits, is_signed);
}

/// The type that the file names where it holds low .. high, or else the narrowest that does.
ElementType type_for(std::string_view name, std::int64_t low, std::int64_t high) {
  const auto holds = [=](ElementType element) { return element.min() <= low && high <= element.max(); };
  if (const auto named = named_type(name); named && holds(*named)) return *named;
  ElementType element = ElementType::integer(low < 0 ? 2 : 1, low < 0);
  while (element.bits < 31 && !holds(element)) ++element.bits;
  return element;
}

/// Axis of the channels. Only tensors NC and NCHW have them behind the batch; of others QONNX takes the last axis.
int channel_axis_of(NodeReader& node, const Shape& x) {
  const std::string layout = node.text("data_layout", "NCHW");
  if (layout != "NCHW" && layout != "NHWC") node.refuse("data_layout '" + layout + "'", "supported: NCHW, NHWC");
  if (x.rank() < 2) node.refuse("its input has shape " + to_string(x), "feed it a tensor NC, NCHW or NHWC");
  return x.rank() == 4 && layout == "NCHW" ? 1 : x.rank() - 1;
}

/// out_scale * count + out_bias. Where the bias is a whole number of scales it moves the integers; -out_scale / 2 makes a single threshold
/// a sign; any other is added to the reals.
void read_multi_threshold(NodeReader& node) {
  const Shape shape = real_shape(node);
  Value *x = node.input(0), *thresholds = node.input(1);
  if (thresholds->shape().rank() != 2)
    node.refuse("thresholds have shape " + to_string(thresholds->shape()), "give one row per channel, or one");
  const std::int64_t count = thresholds->shape()[1];
  const float scale = node.real("out_scale", 1), offset = node.real("out_bias", 0);
  if (!(scale > 0) || !std::isfinite(offset / scale))
    node.refuse(fmt::format("out_scale {} and out_bias {}", scale, offset), "use a positive finite scale");
  MultiThreshold op;
  op.axis = channel_axis_of(node, shape);
  op.quantization = {{scale}, 0, -1};
  const float whole = std::nearbyint(offset / scale);
  const bool is_sign = count == 1 && offset == -scale / 2, is_whole = scale * whole == offset && std::abs(whole) < 0x1p30f;
  const std::string type = node.text("out_dtype", "");
  if (is_sign) {
    op.element = ElementType::bipolar();
    op.quantization.scales = {scale / 2};
  } else {
    op.bias = is_whole ? static_cast<std::int32_t>(whole) : 0;
    op.element = type_for(type, op.bias, op.bias + count);
  }
  Value* integers = node.add_unfolded_step(node.has_name_of_its_own() ? "" : "thresholds", op, {x, thresholds});
  if (is_sign || is_whole) return node.add_under_output_name(Dequantize{}, {integers});
  Value* bias = node.add_constant("out_bias", Tensor(Shape{}, std::vector<float>{offset}));
  node.add_under_output_name(Add{}, {node.add_unfolded_step("real", Dequantize{}, {integers}), bias});
}

// ONNX name, its number of inputs, our name, read, write, takes integers, domain. They are written by qonnx_writer.cpp.
constexpr Operator kOperators[] = {
    {"BipolarQuant", 2, 2, "", read_bipolar_quant, nullptr, false, kQonnx},
    {"IntQuant", 4, 4, "", read_quant, nullptr, false, kQonnx},
    {"MultiThreshold", 2, 2, "", read_multi_threshold, nullptr, false, kQonnx},
    {"Quant", 4, 4, "", read_quant, nullptr, false, kQonnx},
    {"Trunc", 5, 7, "", read_trunc, nullptr, false, kQonnx},
};

}  // namespace

OperatorFamily qonnx_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
