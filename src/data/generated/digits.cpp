#include <algorithm>
#include <array>

#include "data/generated/digit_strokes.h"
#include "data/generated/generated_set.h"

namespace bitloom::data {
namespace {

constexpr int kSize = 28;
using Plane = std::array<double, std::size_t{kSize} * kSize>;  // ink, 0..1

std::size_t pixel(int x, int y) { return static_cast<std::size_t>(y) * kSize + static_cast<std::size_t>(x); }

/// Smooth displacement of the plane: random vectors on a coarse lattice, blended between its points.
class Warp {
 public:
  Warp(double amplitude, RandomStream& random) {
    for (Point& p : lattice_) p = Point{random.normal(), random.normal()} * amplitude;
  }
  Point operator()(Point p) const {
    const double gx = clamp01(p.x / kSize) * (kLattice - 1.001), gy = clamp01(p.y / kSize) * (kLattice - 1.001);
    const int ix = static_cast<int>(gx), iy = static_cast<int>(gy);
    const double fx = smoothstep(0, 1, gx - ix), fy = smoothstep(0, 1, gy - iy);
    const Point top = at(ix, iy) * (1 - fx) + at(ix + 1, iy) * fx;
    const Point bottom = at(ix, iy + 1) * (1 - fx) + at(ix + 1, iy + 1) * fx;
    return p + top * (1 - fy) + bottom * fy;
  }

 private:
  static constexpr std::size_t kLattice = 5;
  Point at(int x, int y) const { return lattice_[static_cast<std::size_t>(y) * kLattice + static_cast<std::size_t>(x)]; }
  std::array<Point, kLattice * kLattice> lattice_;
};

struct Pen {
  double radius;    // half the width of the line, pixels
  double softness;  // width of the edge from full ink to none, pixels
  double ink;       // 0..1
  double wobble;    // share by which radius and ink vary along a stroke
};

/// Draws a line whose radius and ink run from those of its start to those of its end; the darker of old and new ink stays.
void draw_segment(Plane& plane, Point a, Point b, double radius_a, double radius_b, double ink_a, double ink_b, double softness) {
  const double reach = std::max(radius_a, radius_b) + softness;
  const auto first = [&](double u, double v) { return std::max(0, static_cast<int>(std::floor(std::min(u, v) - reach))); };
  const auto last = [&](double u, double v) { return std::min(kSize - 1, static_cast<int>(std::floor(std::max(u, v) + reach))); };
  const Point along = b - a;
  const double squared = std::max(along.x * along.x + along.y * along.y, 1e-12);
  for (int y = first(a.y, b.y); y <= last(a.y, b.y); ++y) {
    for (int x = first(a.x, b.x); x <= last(a.x, b.x); ++x) {
      const Point p{x + 0.5, y + 0.5}, from = p - a;
      const double t = clamp01((from.x * along.x + from.y * along.y) / squared);
      const double edge = mix(radius_a, radius_b, t) - length(from - along * t);
      double& ink = plane[pixel(x, y)];
      ink = std::max(ink, mix(ink_a, ink_b, t) * clamp01(0.5 + edge / softness));
    }
  }
}

void draw_line(Plane& plane, const std::vector<Point>& line, const Pen& pen, RandomStream& random) {
  // Pressure: a slow random walk that pulls back to 1, shared by width and ink.
  double pressure = 1 + pen.wobble * (random.uniform() - 0.5);
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const double before = pressure;
    pressure = 1 + 0.8 * (pressure - 1) + 0.2 * pen.wobble * random.normal();
    pressure = std::clamp(pressure, 0.45, 1.35);
    draw_segment(plane, line[i], line[i + 1], pen.radius * before, pen.radius * pressure, pen.ink * std::min(1.0, before),
                 pen.ink * std::min(1.0, pressure), pen.softness);
  }
}

void draw_digit(Plane& plane, int digit, const Pen& pen, RandomStream& random) {
  const std::vector<Skeleton>& ways = skeletons_of(digit);
  const Skeleton& skeleton = ways[random.below(ways.size())];
  const double height = random.uniform(15, 21), width = height * random.uniform(0.5, 0.82);
  const double slant = random.uniform(-0.25, 0.45), turn = random.uniform(-0.04, 0.04);
  const double jitter = random.uniform(0.01, 0.04);
  const Point centre{kSize * 0.5 + random.uniform(-2.5, 2.5), kSize * 0.5 + random.uniform(-2.5, 2.5)};
  const Warp warp(random.uniform(0.2, 1.2), random);
  for (Stroke stroke : skeleton) {
    for (Point& p : stroke.points) p = p + Point{random.normal(), random.normal()} * jitter;
    std::vector<Point> line = flatten(stroke, 4);
    for (Point& p : line) {
      const double y = (p.y - 0.5) * height, x = (p.x - 0.5) * width - slant * y;
      p = warp(centre + rotate({x, y}, turn));
    }
    draw_line(plane, line, pen, random);
  }
}

/// Ends of neighbouring characters that reach in over the border.
void draw_stray_stroke(Plane& plane, const Pen& pen, RandomStream& random) {
  const double along = random.uniform(2, kSize - 2), depth = random.uniform(-1, 2.5);
  Point p = std::array<Point, 4>{{{along, depth}, {along, kSize - depth}, {depth, along}, {kSize - depth, along}}}[random.below(4)];
  double heading = random.uniform();
  const double bend = random.uniform(-0.06, 0.06);
  std::vector<Point> line{p};
  const std::uint64_t pieces = 3 + random.below(4);
  for (std::uint64_t i = 0; i < pieces; ++i, heading += bend) {
    p = p + Point{cos_turns(heading), sin_turns(heading)} * 1.4;
    line.push_back(p);
  }
  Pen light = pen;
  light.ink *= random.uniform(0.4, 0.9);
  draw_line(plane, line, light, random);
}

/// A faint straight line of a form or a ruled page, near the foot or the head of the digit.
void draw_ruled_line(Plane& plane, RandomStream& random) {
  const double y = random.below(2) ? random.uniform(1, 5) : random.uniform(23, 27);
  const double tilt = random.uniform(-0.8, 0.8), ink = random.uniform(0.12, 0.4);
  draw_segment(plane, {-1, y - tilt}, {kSize + 1, y + tilt}, 0.4, 0.4, ink, ink, 1);
}

void draw(int digit, RandomStream& random, std::span<std::uint8_t> pixels) {
  Plane plane{};
  const Pen pen{random.uniform(0.55, 1.75), random.uniform(0.8, 1.6), random.uniform(0.5, 1), random.uniform(0, 0.7)};
  draw_digit(plane, digit, pen, random);
  for (std::uint64_t strays = random.below(5) / 2; strays > 0; --strays) draw_stray_stroke(plane, pen, random);
  if (random.below(5) == 0) draw_ruled_line(plane, random);

  const double level = random.uniform(0, 0.12), noise = random.uniform(0.02, 0.1);
  const Point gradient{random.uniform(-0.1, 0.1), random.uniform(-0.1, 0.1)};
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x < kSize; ++x) {
      const std::size_t i = pixel(x, y);
      const double paper = level + gradient.x * (x / 27.0 - 0.5) + gradient.y * (y / 27.0 - 0.5);
      pixels[i] = to_byte(paper + (1 - paper) * plane[i] + noise * sensor_noise(random));
    }
  }
}

}  // namespace

const GeneratedSet& digits_set() {
  static const GeneratedSet set{"digits", {1, kSize, kSize}, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, 20000, 2000, 5000,
                                0x0D161755, &draw};
  return set;
}

}  // namespace bitloom::data
