#pragma once

#include <cmath>
#include <cstdint>

#include "base/random.h"

namespace bitloom::data {

// The generated sets must be the same bytes on every machine. So they use only what IEEE 754 defines to the last bit on doubles
// (+ - * / sqrt, floor, comparisons) and never libm's sin, exp or pow, whose last bits differ between libraries. For the same reason
// no expression and no argument list draws from a RandomStream twice: C++ leaves the order of such draws to the compiler. Braced
// lists are fine, they run from left to right.

struct Point {
  double x = 0, y = 0;
  friend Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
  friend Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
  friend Point operator*(Point a, double s) { return {a.x * s, a.y * s}; }
};

inline double length(Point p) { return std::sqrt(p.x * p.x + p.y * p.y); }

inline double clamp01(double x) { return x < 0 ? 0 : x > 1 ? 1 : x; }

inline double mix(double a, double b, double share) { return a + (b - a) * share; }

/// 0 below `low`, 1 above `high`, a cubic with flat ends between; low < high.
inline double smoothstep(double low, double high, double x) {
  const double t = clamp01((x - low) / (high - low));
  return t * t * (3 - 2 * t);
}

/// sin(2 pi turns), within 6e-8: Taylor polynomial over the quarter turn around 0.
inline double sin_turns(double turns) {
  double t = turns - std::floor(turns + 0.5);  // [-0.5, 0.5)
  if (t > 0.25) t = 0.5 - t;
  if (t < -0.25) t = -0.5 - t;
  const double x = 6.283185307179586 * t, s = x * x;
  return x * (1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110)))));
}

inline double cos_turns(double turns) { return sin_turns(turns + 0.25); }

/// `p` turned around the origin, from x towards y.
inline Point rotate(Point p, double turns) {
  const double c = cos_turns(turns), s = sin_turns(turns);
  return {c * p.x - s * p.y, s * p.x + c * p.y};
}

/// Noise of a sensor: mean 0, variance 1, within 3.47, bell-shaped. The four 16-bit parts of one draw, summed: an image needs one for every
/// sample, and RandomStream::normal takes twelve draws.
inline double sensor_noise(RandomStream& random) {
  const std::uint64_t bits = random.next();
  const std::uint64_t sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48);
  return (static_cast<double>(sum) / 65535 - 2) * 1.7320508075688772;
}

/// 0..1 to the nearest of 0..255; outside values are clipped.
inline std::uint8_t to_byte(double x) { return static_cast<std::uint8_t>(std::floor(clamp01(x) * 255 + 0.5)); }

}  // namespace bitloom::data
