#include "onnx/operators/qonnx_scales.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>

namespace bitloom::onnx_format {
namespace {

struct NamedRounding {
  std::string_view name;
  Rounding rounding;
};
constexpr NamedRounding kRoundings[] = {
    {"ROUND", Rounding::kHalfToEven},
    {"HALF_EVEN", Rounding::kHalfToEven},
    {"FLOOR", Rounding::kFloor},
    {"CEIL", Rounding::kCeil},
    {"UP", Rounding::kAwayFromZero},
    {"DOWN", Rounding::kTowardsZero},
    {"HALF_UP", Rounding::kHalfAwayFromZero},
    {"HALF_DOWN", Rounding::kHalfTowardsZero},
};

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

}  // namespace

float number_input(NodeReader& node, int i, const std::string& meaning) {
  const Tensor& tensor = node.constant_input(i, meaning);
  if (tensor.elements() != 1) node.refuse(fmt::format("the {} has shape {}", meaning, to_string(tensor.shape())), "give one number");
  return tensor.visit([](auto values) { return static_cast<float>(values[0]); });
}

int bits_input(NodeReader& node, int i, const std::string& meaning) {
  constexpr int kWidest = 32;
  const float bits = number_input(node, i, meaning);
  if (bits != std::floor(bits) || bits < 1 || bits > kWidest)
    node.refuse(fmt::format("the {} is {}", meaning, bits), fmt::format("supported: whole numbers from 1 to {}", kWidest));
  return static_cast<int>(bits);
}

Shape real_shape(NodeReader& node) {
  if (!node.has_input(0)) node.refuse("input 1 is missing", "the file is damaged; export it again");
  const TensorType type = node.integer_type(0);
  if (!type.element.is_float) node.refuse("its input is " + to_string(type.element), "quantize floats");
  return type.shape;
}

Quantization read_scales(NodeReader& node, const Shape& x, int scale_input, int zero_point_input) {
  const Tensor& scale = node.constant_input(scale_input, "scale");
  if (!scale.is_float() || scale.elements() == 0)
    node.refuse("the scale is not float32, one or several", "the file is damaged; export it again");
  Quantization quantization{{scale.floats().begin(), scale.floats().end()}, 0, axis_of_scales(node, scale.shape(), x)};
  if (zero_point_input == kNoInput) return quantization;
  const Tensor& zero = node.constant_input(zero_point_input, "zero point");
  if (zero.elements() == 0) node.refuse("the zero point is empty", "the file is damaged; export it again");
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
  if (quantization.per_channel() && (zeros.size() != quantization.scales.size() || axis_of_scales(node, zero.shape(), x) != quantization.axis))
    node.refuse("zero points and scales differ in number or axis", "give one of each per channel");
  if (!quantization.per_channel()) {
    quantization.axis = axis_of_scales(node, zero.shape(), x);
    quantization.scales.assign(zeros.size(), quantization.scales.front());
  }
  quantization.zero_points = std::move(zeros);
  return quantization;
}

Rounding read_rounding_mode(NodeReader& node, const std::string& fallback) {
  std::string mode = node.text("rounding_mode", fallback);
  std::ranges::transform(mode, mode.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const auto found = std::ranges::find(kRoundings, mode, &NamedRounding::name);
  if (found == std::end(kRoundings))
    node.refuse("rounding_mode " + mode, "supported: ROUND, CEIL, FLOOR, UP, DOWN, HALF_UP, HALF_DOWN, HALF_EVEN");
  return found->rounding;
}

Rounding before_zero_points(NodeReader& node, Rounding rounding, const Quantization& quantization) {
  const auto [all_zero, all_even, all_odd] = zero_points_of(quantization);
  if (rounding == Rounding::kFloor || rounding == Rounding::kCeil || all_zero) return rounding;
  if (rounding != Rounding::kHalfToEven)
    node.refuse(fmt::format("rounding_mode {} with a zero point", rounding_mode(rounding)),
                "use ROUND, FLOOR or CEIL, or quantize symmetrically");
  if (!all_even && !all_odd) node.refuse("zero points both even and odd round ties differently", "quantize symmetrically per channel");
  return all_even ? Rounding::kHalfToEven : Rounding::kHalfToOdd;
}

std::string_view rounding_mode(Rounding rounding) {
  const auto found = std::ranges::find(kRoundings, rounding, &NamedRounding::rounding);
  return found == std::end(kRoundings) ? "" : found->name;
}

Rounding behind_zero_points(Rounding rounding, const Quantization& quantization) {
  const auto [all_zero, all_even, all_odd] = zero_points_of(quantization);
  if (rounding == Rounding::kHalfToOdd) return all_odd ? Rounding::kHalfToEven : Rounding::kHalfUp;
  if (rounding == Rounding::kHalfToEven) return all_even ? rounding : Rounding::kHalfUp;
  return all_zero || rounding == Rounding::kFloor || rounding == Rounding::kCeil ? rounding : Rounding::kHalfUp;
}

Tensor laid_along(std::vector<float> numbers, const Quantization& quantization, const Shape& x) {
  if (!quantization.per_channel()) return Tensor(Shape{}, std::move(numbers));
  Shape shape(std::vector<std::int64_t>(static_cast<std::size_t>(x.rank()), 1));
  shape[quantization.axis] = x[quantization.axis];
  return Tensor(shape, std::move(numbers));
}

Tensor zero_points_along(const Quantization& quantization, const Shape& x) {
  std::vector<float> zeros;
  for (std::size_t i = 0; i < quantization.scales.size(); ++i) zeros.push_back(static_cast<float>(quantization.zero_point_of(i)));
  return laid_along(std::move(zeros), quantization, x);
}

}  // namespace bitloom::onnx_format
