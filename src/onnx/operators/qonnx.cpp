// QONNX: quantizers of any width, scale and rounding, as Brevitas exports and FINN reads them (arXiv:2206.07527). A quantizer there takes
// reals and gives reals; here it is Quantize and Dequantize.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "ir/ops/quantization.h"
#include "onnx/operators/operators.h"
#include "onnx/operators/qonnx.h"

namespace bitloom::onnx_format {
namespace {

constexpr int kWidest = 32;

/// A constant input of one number.
float number_input(NodeReader& node, int i, const std::string& meaning) {
  const Tensor& tensor = node.constant_input(i, meaning);
  if (tensor.elements() != 1) node.refuse(fmt::format("the {} has shape {}", meaning, to_string(tensor.shape())), "give one number");
  return tensor.visit([](auto values) { return static_cast<float>(values[0]); });
}

int bits_input(NodeReader& node, int i, const std::string& meaning) {
  const float bits = number_input(node, i, meaning);
  if (bits != std::floor(bits) || bits < 1 || bits > kWidest)
    node.refuse(fmt::format("the {} is {}", meaning, bits), fmt::format("supported: whole numbers from 1 to {}", kWidest));
  return static_cast<int>(bits);
}

/// The axis along which a tensor of scales or zero points for `x` varies; -1 when it is one number. @throws InputError for several axes.
int axis_of_scales(NodeReader& node, const Shape& scales, const Shape& x) {
  if (scales.elements() == 1) return -1;
  int axis = -1;
  for (int i = 0; i < scales.rank(); ++i) {
    if (scales[i] == 1) continue;
    const int aligned = i + x.rank() - scales.rank();  // shapes align at their ends
    if (axis >= 0 || aligned < 0 || x[aligned] != scales[i])
      node.refuse(fmt::format("scales of shape {} for a tensor {}", to_string(scales), to_string(x)), "quantize per tensor or per channel");
    axis = aligned;
  }
  return axis;
}

/// Scales (input 1) and zero points (input 2, whole numbers held as floats, if there) of a tensor like `x`.
Quantization read_scales(NodeReader& node, const Shape& x, bool has_zero_point) {
  const Tensor& scale = node.constant_input(1, "scale");
  if (!scale.is_float()) node.refuse("the scale is not float32", "the file is damaged; export it again");
  Quantization quantization{{scale.floats().begin(), scale.floats().end()}, 0, axis_of_scales(node, scale.shape(), x)};
  if (!has_zero_point) return quantization;
  const Tensor& zero = node.constant_input(2, "zero point");
  std::vector<std::int32_t> zeros;
  zero.visit([&](auto values) {
    for (const auto value : values) {
      const auto number = static_cast<double>(value);
      if (number != std::floor(number) || std::abs(number) > 1e9)
        node.refuse(fmt::format("zero point {}", number), "integers alone stand for quantized values; use a whole number");
      zeros.push_back(static_cast<std::int32_t>(number));
    }
  });
  if (std::ranges::all_of(zeros, [&](std::int32_t z) { return z == zeros[0]; })) {
    quantization.zero_point = zeros[0];
    return quantization;
  }
  if (quantization.per_channel() && zeros.size() != quantization.scales.size())
    node.refuse("zero points and scales differ in number", "give one of each per channel");
  if (!quantization.per_channel()) {
    quantization.axis = axis_of_scales(node, zero.shape(), x);
    quantization.scales.assign(zeros.size(), quantization.scales.front());
  }
  quantization.zero_points = std::move(zeros);
  return quantization;
}

/// What rounding asks of zero points.
struct ZeroPoints {
  bool all_zero = true, all_even = true, all_odd = true;
};

ZeroPoints zero_points_of(const Quantization& quantization) {
  ZeroPoints zeros;
  for (std::size_t i = 0; i < quantization.scales.size(); ++i) {
    const std::int32_t z = quantization.zero_point_of(i);
    zeros.all_zero = zeros.all_zero && z == 0;
    (z % 2 == 0 ? zeros.all_odd : zeros.all_even) = false;
  }
  return zeros;
}

/// QONNX rounds x / scale + zero_point, Quantize rounds first and adds then: the same for whole zero points, but for the modes that look at
/// the sign and for ties to even.
Rounding read_rounding(NodeReader& node, const Quantization& quantization, const std::string& fallback) {
  std::string mode = node.text("rounding_mode", fallback);
  std::ranges::transform(mode, mode.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const auto [all_zero, all_even, all_odd] = zero_points_of(quantization);
  if (mode == "ROUND" || mode == "HALF_EVEN") {
    if (!all_even && !all_odd) node.refuse("zero points both even and odd round ties differently", "quantize symmetrically per channel");
    return all_even ? Rounding::kHalfToEven : Rounding::kHalfToOdd;
  }
  if (mode == "FLOOR") return Rounding::kFloor;
  if (mode == "CEIL") return Rounding::kCeil;
  const auto of_sign = [&, symmetric = all_zero](Rounding rounding) {
    if (!symmetric) node.refuse("rounding_mode " + mode + " with a zero point", "use ROUND, FLOOR or CEIL, or quantize symmetrically");
    return rounding;
  };
  if (mode == "UP") return of_sign(Rounding::kAwayFromZero);
  if (mode == "DOWN") return of_sign(Rounding::kTowardsZero);
  if (mode == "HALF_UP") return of_sign(Rounding::kHalfAwayFromZero);
  if (mode == "HALF_DOWN") return of_sign(Rounding::kHalfTowardsZero);
  node.refuse("rounding_mode " + mode, "supported: ROUND, CEIL, FLOOR, UP, DOWN, HALF_UP, HALF_DOWN, HALF_EVEN");
}

/// Quantize and Dequantize as this node. A constant is kept as its integers.
void define_quantizer(NodeReader& node, const Quantize& op) {
  if (const Tensor* constant = node.scope().constant(node.input_name(0))) {
    node.allow_constant(constant->shape());
    Tensor integers(TensorType{constant->shape(), op.element, op.quantization});
    op.evaluate(std::span(&constant, 1), std::span(&integers, 1));
    node.add_under_output_name(Dequantize{}, {node.scope().graph.add_constant(one_line(node.input_name(0)), std::move(integers))});
  } else {
    node.add_under_output_name(Dequantize{}, {node.add_unfolded_step(node.has_name_of_its_own() ? "" : "quantize", op, {node.input(0)})});
  }
}

/// Shape of the first input, which must hold floats.
Shape real_shape(NodeReader& node) {
  if (!node.has_input(0)) node.refuse("input 1 is missing", "the file is damaged; export it again");
  const TensorType type = node.integer_type(0);
  if (!type.element.is_float) node.refuse("its input is " + to_string(type.element), "quantize floats");
  return type.shape;
}

void read_quant(NodeReader& node) {
  const Shape shape = real_shape(node);
  Quantize op;
  op.element = ElementType::integer(bits_input(node, 3, "bit width"), node.integer("signed", 1) != 0);
  op.quantization = read_scales(node, shape, true);
  op.rounding = read_rounding(node, op.quantization, "ROUND");
  const bool narrow = node.integer("narrow", 0) != 0;
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
  op.quantization = read_scales(node, real_shape(node), false);
  define_quantizer(node, op);
}

/// QONNX's name of a rounding of x / scale + zero_point; "" where it has none.
std::string_view rounding_mode(Rounding rounding, const Quantization& quantization) {
  const auto [all_zero, all_even, all_odd] = zero_points_of(quantization);
  switch (rounding) {
    case Rounding::kHalfToEven:
      return all_even ? "ROUND" : "";
    case Rounding::kHalfToOdd:
      return all_odd ? "ROUND" : "";
    case Rounding::kFloor:
      return "FLOOR";
    case Rounding::kCeil:
      return "CEIL";
    case Rounding::kAwayFromZero:
      return all_zero ? "UP" : "";
    case Rounding::kTowardsZero:
      return all_zero ? "DOWN" : "";
    case Rounding::kHalfAwayFromZero:
      return all_zero ? "HALF_UP" : "";
    case Rounding::kHalfTowardsZero:
      return all_zero ? "HALF_DOWN" : "";
    case Rounding::kHalfUp:
      return "";
  }
  return "";
}

/// Numbers per tensor, or per index of the quantization's axis, in a shape that broadcasts over `x`.
Tensor laid_along(std::vector<float> numbers, const Quantization& quantization, const Shape& x) {
  if (!quantization.per_channel()) return Tensor(Shape{}, std::move(numbers));
  Shape shape(std::vector<std::int64_t>(static_cast<std::size_t>(x.rank()), 1));
  shape[quantization.axis] = x[quantization.axis];
  return Tensor(shape, std::move(numbers));
}

Tensor dequantized_constant(const Node& dequantize) {
  const Tensor* inputs[] = {&dequantize.input(0)->constant()};
  Tensor real(dequantize.output()->type());
  dequantize.op().evaluate(inputs, std::span(&real, 1));
  return real;
}

// ONNX name, its number of inputs, our name, read, write, takes integers, domain.
constexpr Operator kOperators[] = {
    {"BipolarQuant", 2, 2, "", read_bipolar_quant, nullptr, false, kQonnx},
    {"IntQuant", 4, 4, "", read_quant, nullptr, false, kQonnx},
    {"Quant", 4, 4, "", read_quant, nullptr, false, kQonnx},
};

}  // namespace

OperatorFamily qonnx_operators() { return kOperators; }

bool needs_qonnx(const Node& node) {
  if (const auto* quantize = node.as<Quantize>())
    return quantize->element.bits != 8 || quantize->narrow || quantize->rounding != Rounding::kHalfToEven;
  if (!node.is<Dequantize>()) return false;
  if (node.input(0)->is_constant()) return node.input(0)->type().element.bits != 8 && node.input(0)->type().element.bits != 32;
  return node.producer(0) && needs_qonnx(*node.producer(0));
}

bool is_written_with_its_quantize(const Node& node) { return node.is<Dequantize>() && node.producer(0) && needs_qonnx(*node.producer(0)); }

void write_quantizer(NodeWriter& writer) {
  const Node& node = writer.node();
  const auto* quantize = node.as<Quantize>();
  const Node* dequantize = quantize ? nullptr : &node;
  for (const Node* reader : quantize ? node.output()->consumers() : std::vector<Node*>{}) {
    if (!reader->is<Dequantize>())
      throw InputError(reader->where(), "works on integers, and QONNX has quantizers from reals to reals only", "move it behind the Dequantize");
    if (!dequantize || node.graph().is_output(reader->output())) dequantize = reader;
  }
  if (quantize && node.graph().is_output(node.output())) dequantize = nullptr;
  if (!dequantize) throw InputError(node.where(), "is not dequantized, and QONNX has quantizers from reals to reals only", "end in a Dequantize");

  const TensorType& integers = dequantize->input(0)->type();
  const Quantization& quantization = *integers.quantization;
  const std::string_view mode = quantize ? rounding_mode(quantize->rounding, quantization) : "ROUND";
  if (mode.empty())
    throw InputError(node.where(), "rounds in a way that QONNX has no name for", "use an even zero point, or quantize symmetrically");
  writer.begin(integers.element.is_bipolar() ? "BipolarQuant" : "Quant", kQonnx, dequantize->output());
  if (quantize)
    writer.add_input(node.input(0));
  else
    writer.add_stand_in(node.input(0), dequantized_constant(node));
  writer.add_constant_input(".scale", laid_along(quantization.scales, quantization, integers.shape));
  if (!integers.element.is_bipolar()) {
    std::vector<float> zeros;
    for (std::size_t i = 0; i < quantization.scales.size(); ++i) zeros.push_back(static_cast<float>(quantization.zero_point_of(i)));
    writer.add_constant_input(".zero_point", laid_along(std::move(zeros), quantization, integers.shape));
    writer.add_constant_input(".bits", Tensor(Shape{}, {static_cast<float>(integers.element.bits)}));
    writer.integer("signed", integers.element.is_signed);
    writer.integer("narrow", quantize && quantize->narrow);
    writer.text("rounding_mode", mode);
  }
  for (const Node* reader : quantize ? node.output()->consumers() : std::vector<Node*>{}) {
    if (reader != dequantize && node.graph().is_output(reader->output()))
      throw InputError(reader->where(), "a second output of the same numbers", "leave it out");
    writer.alias(reader->output(), dequantize->output());
  }
}

}  // namespace bitloom::onnx_format
