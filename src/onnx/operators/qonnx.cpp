// QONNX: quantizers of any width, scale and rounding, as Brevitas exports and FINN reads them (arXiv:2206.07527). A quantizer there takes
// reals and gives reals; here it is Quantize and Dequantize.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>

#include "ir/ops/quantization.h"
#include "onnx/operators/operators.h"

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

/// QONNX rounds x / scale + zero_point, Quantize rounds first and adds then: the same for whole zero points, but for the modes that look at
/// the sign and for ties to even.
Rounding read_rounding(NodeReader& node, const Quantization& quantization, const std::string& fallback) {
  std::string mode = node.text("rounding_mode", fallback);
  std::ranges::transform(mode, mode.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  bool all_zero = true, all_even = true, all_odd = true;
  for (std::size_t i = 0; i < quantization.scales.size(); ++i) {
    const std::int32_t z = quantization.zero_point_of(i);
    all_zero = all_zero && z == 0;
    (z % 2 == 0 ? all_odd : all_even) = false;
  }
  if (mode == "ROUND" || mode == "HALF_EVEN") {
    if (!all_even && !all_odd) node.refuse("zero points both even and odd round ties differently", "quantize symmetrically per channel");
    return all_even ? Rounding::kHalfToEven : Rounding::kHalfToOdd;
  }
  if (mode == "FLOOR") return Rounding::kFloor;
  if (mode == "CEIL") return Rounding::kCeil;
  const auto of_sign = [&](Rounding rounding) {
    if (!all_zero) node.refuse("rounding_mode " + mode + " with a zero point", "use ROUND, FLOOR or CEIL, or quantize symmetrically");
    return rounding;
  };
  if (mode == "UP") return of_sign(Rounding::kAwayFromZero);
  if (mode == "DOWN") return of_sign(Rounding::kTowardsZero);
  if (mode == "HALF_UP") return of_sign(Rounding::kHalfAwayFromZero);
  if (mode == "HALF_DOWN") return of_sign(Rounding::kHalfTowardsZero);
  node.refuse("rounding_mode " + mode, "supported: ROUND, CEIL, FLOOR, UP, DOWN, HALF_UP, HALF_DOWN, HALF_EVEN");
}

/// Quantize and Dequantize as this node. A constant is kept as its integers.
void define_quantizer(NodeReader& node, Value* x, const Quantize& op) {
  Value* q = nullptr;
  if (x->is_constant()) {
    Tensor integers(TensorType{x->shape(), op.element, op.quantization});
    const Tensor* inputs[] = {&x->constant()};
    op.evaluate(inputs, std::span(&integers, 1));
    q = node.add_constant("integers", std::move(integers));
  } else {
    q = node.add_unfolded_step("quantize", op, {x});
  }
  node.add_unfolded(Dequantize{}, {q});
}

Value* real_input(NodeReader& node) {
  Value* x = node.input(0);
  if (!x->type().element.is_float) node.refuse("its input is " + to_string(x->type().element), "quantize floats");
  return x;
}

void read_quant(NodeReader& node) {
  Value* x = real_input(node);
  Quantize op;
  op.element = ElementType::integer(bits_input(node, 3, "bit width"), node.integer("signed", 1) != 0);
  op.quantization = read_scales(node, x->shape(), true);
  op.rounding = read_rounding(node, op.quantization, "ROUND");
  const bool narrow = node.integer("narrow", 0) != 0;
  if (op.element.is_bipolar()) {
    if (op.quantization.zero_point != 0 || !op.quantization.zero_points.empty())
      node.refuse("a bipolar value with a zero point", "use a zero point of 0");
    op.rounding = Rounding::kHalfToEven;
  } else {
    op.narrow = narrow;
  }
  define_quantizer(node, x, op);
}

void read_bipolar_quant(NodeReader& node) {
  Value* x = real_input(node);
  Quantize op;
  op.element = ElementType::bipolar();
  op.quantization = read_scales(node, x->shape(), false);
  define_quantizer(node, x, op);
}

// ONNX name, its number of inputs, our name, read, write, takes integers, domain.
constexpr Operator kOperators[] = {
    {"BipolarQuant", 2, 2, "", read_bipolar_quant, nullptr, false, kQonnx},
    {"IntQuant", 4, 4, "", read_quant, nullptr, false, kQonnx},
    {"Quant", 4, 4, "", read_quant, nullptr, false, kQonnx},
};

}  // namespace

OperatorFamily qonnx_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
