#pragma once

#include <array>

#include "base/random.h"
#include "data/generated/exact_math.h"

namespace bitloom::data::landcover {

inline constexpr int kTile = 64;  // pixels a side; one pixel is about 10 m
inline constexpr std::size_t kPixels = std::size_t{kTile} * kTile;

struct Rgb {
  double r = 0, g = 0, b = 0;
  friend Rgb operator+(Rgb p, Rgb q) { return {p.r + q.r, p.g + q.g, p.b + q.b}; }
  friend Rgb operator*(Rgb p, double s) { return {p.r * s, p.g * s, p.b * s}; }
};

inline Rgb mix(Rgb a, Rgb b, double share) { return a * (1 - share) + b * share; }

/// One value for every pixel, row by row.
using Field = std::array<double, kPixels>;

inline std::size_t pixel(int x, int y) { return static_cast<std::size_t>(y) * kTile + static_cast<std::size_t>(x); }
inline Point centre_of(int x, int y) { return {x + 0.5, y + 0.5}; }
inline bool on_tile(Point p, double margin = 0) {
  return p.x >= -margin && p.y >= -margin && p.x < kTile + margin && p.y < kTile + margin;
}

/// Colour as light sent up to the camera, 0..1 a channel, before haze and sensor.
class Canvas {
 public:
  Rgb& at(int x, int y) { return pixels_[pixel(x, y)]; }
  Rgb at(int x, int y) const { return pixels_[pixel(x, y)]; }

  /// Lays `colour` over a pixel; opacity 0..1.
  void cover(int x, int y, Rgb colour, double opacity) { at(x, y) = mix(at(x, y), colour, opacity); }
  /// A disc with an edge `softness` wide.
  void stamp_disc(Point centre, double radius, Rgb colour, double opacity, double softness = 1);
  /// A rectangle of 2 half.x by 2 half.y around `centre`, turned; its y > 0 half is `far_side` of the colour (a roof's other slope).
  void stamp_box(Point centre, Point half, double turns, Rgb colour, double far_side = 1, double opacity = 1);
  /// Each pixel becomes itself mixed with the mean of its 3x3 neighbours: the blur of an instrument near its resolution.
  void blur(double share);

 private:
  std::array<Rgb, kPixels> pixels_{};
};

/// Smooth random values around 0.5, mostly within 0..1, that vary over `cell` pixels.
Field value_noise(double cell, RandomStream& random);
/// Sum of `octaves` value noises, each of half the cell and `gain` times the strength of the one before; mean 0.5.
Field fractal_noise(double cell, int octaves, double gain, RandomStream& random);

}  // namespace bitloom::data::landcover
