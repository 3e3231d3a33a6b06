#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

/// Sixteen numbers that are computed with as one: a vector register, or as many as the processor needs (GCC's and clang's vector extension).
/// Results are the same on every processor. To be called from functions that BITLOOM_CLONES compiles; hence always inlined, and by reference.
namespace bitloom {

inline constexpr std::size_t kLanes = 16;
using Floats16 [[gnu::vector_size(64)]] = float;
using Ints16 [[gnu::vector_size(64)]] = std::int32_t;

/// For containers, which lose the attributes of a plain vector type. Its alignment is stated, because a function that BITLOOM_CLONES compiles for
/// wider registers counts on theirs, while everybody else would take 16 bytes to be enough.
struct alignas(sizeof(Floats16)) Lanes {
  Floats16 v = {};
  float operator[](std::size_t lane) const { return v[lane]; }
};

#define BITLOOM_LANES [[gnu::always_inline]] inline

BITLOOM_LANES void clamp_lanes(Floats16& x, const Floats16& low, const Floats16& high) {
  x = x < low ? low : x;
  x = x > high ? high : x;
}

BITLOOM_LANES void clamp_lanes(Floats16& x, float low, float high) { clamp_lanes(x, Floats16{} + low, Floats16{} + high); }

/// x = e^x to within some units in the last place, for |x| <= 80.
BITLOOM_LANES void exp_lanes(Floats16& x) {
  constexpr float kToInteger = 12582912.0f;  // 1.5 * 2^23: what is added to it is rounded to whole numbers, found in the lowest bits
  const Floats16 exponent = x * 1.44269504f, shifted = exponent + kToInteger, rest = (exponent - (shifted - kToInteger)) * 0.693147181f;
  Floats16 power = rest * (1.0f / 720) + 1.0f / 120;  // Taylor's series around 0, |rest| <= ln(2) / 2
  power = power * rest + 1.0f / 24;
  power = power * rest + 1.0f / 6;
  power = power * rest + 0.5f;
  power = power * rest + 1.0f;
  power = power * rest + 1.0f;
  Ints16 bits, whole;
  std::memcpy(&bits, &power, sizeof bits);
  std::memcpy(&whole, &shifted, sizeof whole);
  bits += (whole - 0x4b400000) << 23;
  std::memcpy(&x, &bits, sizeof bits);
}

/// x = 1 / sqrt(x) for normal x > 0: three steps of Newton from the exponent halved.
BITLOOM_LANES void reciprocal_root_lanes(Floats16& x) {
  Ints16 bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits = 0x5f3759df - (bits >> 1);
  Floats16 root;
  std::memcpy(&root, &bits, sizeof bits);
  for (int i = 0; i < 3; ++i) root = root * (1.5f - 0.5f * x * root * root);
  x = root;
}

}  // namespace bitloom
