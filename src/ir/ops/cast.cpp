#include "ir/ops/cast.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/clones.h"
#include "ir/ops/check.h"
#include "ir/ops/integer_arithmetic.h"

namespace bitloom {
namespace {

constexpr OperandInfo kOperands[] = {{"x"}};

/// A binary floating-point format with subnormal numbers.
struct Precision {
  int digits;          ///< of the significand, the leading one included
  int least_exponent;  ///< of normal numbers, written as 0.1xxx * 2^exponent
  double largest;
};

float rounded(float x, const Precision& p) {
  if (!std::isfinite(x)) return x;
  int exponent = 0;
  std::frexp(x, &exponent);  // |x| = f * 2^exponent, 1/2 <= f < 1
  const int last_place = std::max(exponent, p.least_exponent) - p.digits;
  const double y = std::ldexp(std::nearbyint(std::ldexp(double{x}, -last_place)), last_place);
  return static_cast<float>(std::abs(y) > p.largest ? std::copysign(std::numeric_limits<double>::infinity(), y) : y);
}

constexpr Precision kFloat16Precision{11, -13, 65504}, kBfloat16Precision{8, -125, 0x1.FEp127};

/// `rounded` for many numbers, in steps that vectors have: the bits that the format lacks are rounded away as those of an integer; where its
/// subnormals lie, by adding a number whose last place is theirs.
BITLOOM_CLONES void round_all(const float* x, float* y, std::size_t count, const Precision& p) {
  constexpr std::uint32_t kSign = 0x80000000, kInfinity = 0x7f800000;
  const int dropped = 24 - p.digits;
  const std::uint32_t below_half = (1u << (dropped - 1)) - 1, kept = ~((1u << dropped) - 1);
  const auto largest = std::bit_cast<std::uint32_t>(static_cast<float>(p.largest));
  const auto least_normal = std::bit_cast<std::uint32_t>(std::ldexp(1.0f, p.least_exponent - 1));
  const float place = std::ldexp(1.5f, p.least_exponent - p.digits + 23);
  for (std::size_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(x[i]);
    const std::uint32_t magnitude = bits & ~kSign;
    const std::uint32_t even = (magnitude + below_half + ((magnitude >> dropped) & 1)) & kept;
    const std::uint32_t normal = even > largest ? kInfinity : even;
    const auto subnormal = std::bit_cast<std::uint32_t>((std::bit_cast<float>(magnitude) + place) - place);
    const std::uint32_t finite = magnitude < least_normal ? subnormal : normal;
    y[i] = std::bit_cast<float>((magnitude >= kInfinity ? magnitude : finite) | (bits & kSign));
  }
}

}  // namespace

std::string_view to_string(FloatFormat format) {
  switch (format) {
    case FloatFormat::kFloat32:
      return "float32";
    case FloatFormat::kFloat16:
      return "float16";
    case FloatFormat::kBfloat16:
      return "bfloat16";
  }
  return "";
}

float rounded_to(float x, FloatFormat format) {
  switch (format) {
    case FloatFormat::kFloat32:
      return x;
    case FloatFormat::kFloat16:
      return rounded(x, kFloat16Precision);
    case FloatFormat::kBfloat16:
      return rounded(x, kBfloat16Precision);
  }
  return x;
}

std::int64_t ops::truncated(double x) {
  constexpr double kEnd = 0x1p63;
  if (std::isnan(x)) return 0;
  if (x >= kEnd) return std::numeric_limits<std::int64_t>::max();
  if (x < -kEnd) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(x);
}

std::span<const OperandInfo> Cast::operands() const { return kOperands; }

Attributes Cast::attributes() const { return {{"to", element.is_float ? std::string(to_string(format)) : to_string(element)}}; }

std::vector<TensorType> Cast::infer(const Node& node) const { return {{ops::plain_operand(node, 0).shape, element, {}}}; }

void Cast::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  if (inputs[0]->is_float() && outputs[0].is_float() && format != FloatFormat::kFloat32) {
    const auto x = inputs[0]->floats();
    return round_all(x.data(), outputs[0].floats().data(), x.size(), format == FloatFormat::kFloat16 ? kFloat16Precision : kBfloat16Precision);
  }
  inputs[0]->visit([&](auto x) {
    outputs[0].visit([&](auto y) {
      using From = std::remove_const_t<typename decltype(x)::value_type>;
      using To = typename decltype(y)::value_type;
      std::ranges::transform(x, y.begin(), [this](From value) -> To {
        if constexpr (std::is_floating_point_v<To>)
          return rounded_to(static_cast<To>(value), format);
        else if (element == ElementType::boolean())
          return value != 0;
        else if constexpr (std::is_floating_point_v<From>)
          return static_cast<To>(ops::wrapped(ops::truncated(value), element));
        else
          return static_cast<To>(ops::wrapped(value, element));
      });
    });
  });
}

}  // namespace bitloom
