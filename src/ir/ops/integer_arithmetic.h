#pragma once

#include <cstdint>

#include "ir/type.h"

/// Arithmetic modulo 2^64 on signed integers, without undefined behaviour: what two's complement hardware and ONNX's implementations give.
namespace bitloom::ops {

inline std::uint64_t bits_of(std::int64_t x) { return static_cast<std::uint64_t>(x); }
inline std::int64_t wrapping_add(std::int64_t a, std::int64_t b) { return static_cast<std::int64_t>(bits_of(a) + bits_of(b)); }
inline std::int64_t wrapping_subtract(std::int64_t a, std::int64_t b) { return static_cast<std::int64_t>(bits_of(a) - bits_of(b)); }
inline std::int64_t wrapping_multiply(std::int64_t a, std::int64_t b) { return static_cast<std::int64_t>(bits_of(a) * bits_of(b)); }

/// a / b towards zero. ONNX leaves division by zero open; it gives 0, as numpy does.
inline std::int64_t quotient(std::int64_t a, std::int64_t b) {
  if (b == 0) return 0;
  return b == -1 ? wrapping_subtract(0, a) : a / b;  // the smallest integer has no negative
}
/// What `quotient` leaves over, with the sign of a; 0 for b = 0.
inline std::int64_t remainder(std::int64_t a, std::int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }

/// base^exponent modulo 2^64; a negative exponent gives the reciprocal cut to an integer, and 0 for base 0.
std::int64_t wrapping_power(std::int64_t base, std::int64_t exponent);

/// The integer of type `element` that agrees with x in its lowest bits.
inline std::int64_t wrapped(std::int64_t x, ElementType element) {
  const int unused = 64 - element.bits;
  const std::uint64_t high = bits_of(x) << unused;
  return element.is_signed ? static_cast<std::int64_t>(high) >> unused : static_cast<std::int64_t>(high >> unused);
}

}  // namespace bitloom::ops
