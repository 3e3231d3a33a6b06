#pragma once

#include <cmath>
#include <cstdlib>

#include "ir/ops/quantization.h"

/// For tests: roundings and scales in 128-bit integers, for wide_reference.h.
namespace bitloom::wide_reference {

__extension__ using Wide = __int128;

/// numerator / denominator, the denominator being positive.
inline Wide rounded_half_to_even(Wide numerator, Wide denominator) {
  Wide floor = numerator / denominator;
  if (floor * denominator > numerator) --floor;
  const Wide twice_rest = 2 * (numerator - floor * denominator);
  if (twice_rest > denominator || (twice_rest == denominator && floor % 2 != 0)) ++floor;
  return floor;
}

/// factor as an integer over 2^60; the scales of these tests leave room for that on both sides.
inline Wide over_2_to_60(float factor) {
  int exponent = 0;
  const auto mantissa = static_cast<Wide>(std::ldexp(std::frexp(factor, &exponent), 24));
  const int shift = 60 - 24 + exponent;
  return shift >= 0 ? mantissa << shift : mantissa >> -shift;
}

/// n * factor rounded half to even, exactly.
inline Wide scaled(Wide n, float factor) {
  int exponent = 0;
  const auto mantissa = static_cast<Wide>(std::ldexp(std::frexp(factor, &exponent), 24));
  const int shift = 24 - exponent;
  if (shift <= 0) return n * mantissa * (Wide{1} << -shift);
  if (shift > 100) return 0;
  return rounded_half_to_even(n * mantissa, Wide{1} << shift);
}

/// numerator / 2^shift as whole number, where the denominator leaves a rest.
inline Wide shifted(Wide numerator, int shift, Rounding rounding) {
  const Wide unit = Wide{1} << shift;
  Wide floor = numerator / unit;
  if (floor * unit > numerator) --floor;
  const Wide rest = numerator - floor * unit;
  const auto nearest = [&](bool up_at_tie) { return floor + (2 * rest > unit || (2 * rest == unit && up_at_tie)); };
  switch (rounding) {
    case Rounding::kFloor:
      return floor;
    case Rounding::kCeil:
      return floor + (rest != 0);
    case Rounding::kTowardsZero:
      return floor + (rest != 0 && numerator < 0);
    case Rounding::kAwayFromZero:
      return floor + (rest != 0 && numerator > 0);
    case Rounding::kHalfUp:
      return nearest(true);
    case Rounding::kHalfAwayFromZero:
      return nearest(numerator > 0);
    case Rounding::kHalfTowardsZero:
      return nearest(numerator < 0);
    case Rounding::kHalfToEven:
      return nearest(floor % 2 != 0);
    case Rounding::kHalfToOdd:
      return nearest(floor % 2 == 0);
  }
  return floor;
}

/// n * scale / step, half to even: a ratio of integers of 128 bits.
inline Wide in_steps(Wide n, float scale, float step) {
  int scale_exponent = 0, step_exponent = 0;
  auto numerator = static_cast<Wide>(std::ldexp(std::frexp(scale, &scale_exponent), 24));
  auto denominator = static_cast<Wide>(std::ldexp(std::frexp(step, &step_exponent), 24));
  const int by = scale_exponent - step_exponent;
  (by >= 0 ? numerator : denominator) <<= std::abs(by);
  return rounded_half_to_even(n * numerator, denominator);
}

}  // namespace bitloom::wide_reference
