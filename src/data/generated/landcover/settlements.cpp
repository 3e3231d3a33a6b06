#include <algorithm>

#include "data/generated/landcover/scenes.h"

namespace bitloom::data::landcover {
namespace {

/// from, from + step, ... up to `to`
std::vector<double> steps(double from, double to, double step) {
  std::vector<double> places;
  while (from <= to) {
    places.push_back(from);
    from += step;
  }
  return places;
}

/// A building with a pitched roof and its shadow; half is half its length and depth, pixels.
void draw_building(Canvas& canvas, const Scene& scene, Point at, Point half, double turns, Rgb roof, double height, double far_side) {
  canvas.stamp_box(at + scene.shadow * height, half, turns, {0.10, 0.10, 0.12}, 1, 0.55);
  canvas.stamp_box(at, half, turns, roof, far_side);
}

Rgb house_roof(int style, RandomStream& random) {
  const Rgb tile{0.52, 0.33, 0.25}, slate{0.33, 0.33, 0.36}, pale{0.60, 0.56, 0.51};
  const double luck = random.uniform();
  const Rgb roof = style == 0 ? (luck < 0.8 ? tile : slate) : style == 1 ? (luck < 0.8 ? slate : tile) : (luck < 0.6 ? pale : tile);
  return roof * random.uniform(0.8, 1.2);
}

Rgb hall_roof(RandomStream& random) {
  const Rgb white{0.74, 0.74, 0.74}, grey{0.47, 0.48, 0.50}, blue{0.38, 0.47, 0.58}, rust{0.48, 0.36, 0.30};
  const double luck = random.uniform();
  return (luck < 0.35 ? white : luck < 0.75 ? grey : luck < 0.88 ? blue : rust) * random.uniform(0.8, 1.15);
}

/// Parallel bands across a large roof: skylights and seams.
void draw_skylights(Canvas& canvas, Point at, Point half, double turns, Rgb roof, RandomStream& random) {
  const double gap = random.uniform(2.2, 4), shade = random.uniform(0.8, 1.2);
  for (const double u : steps(-half.x + gap, half.x - 0.5, gap))
    canvas.stamp_box(at + rotate({u, 0}, turns), {0.4, 0.8 * half.y}, turns, roof * shade, 1, 0.8);
}

void draw_hall(Canvas& canvas, const Scene& scene, Point at, Point half, double turns, RandomStream& random) {
  const Rgb roof = hall_roof(random);
  const double height = random.uniform(0.8, 1.8), far_side = random.uniform(0.85, 1);
  draw_building(canvas, scene, at, half, turns, roof, height, far_side);
  if (random.below(2)) draw_skylights(canvas, at, half, turns, roof, random);
}

/// Lorries, cars, containers: bright and dark specks in rows.
void draw_yard(Canvas& canvas, Point at, Point half, double turns, RandomStream& random) {
  for (const double v : steps(-half.y, half.y, 2)) {
    for (const double u : steps(-half.x, half.x, 1.3)) {
      const bool taken = random.below(2) == 0;
      const double shade = random.uniform(0.15, 0.85);
      if (taken) canvas.stamp_box(at + rotate({u, v}, turns), {0.4, 0.6}, turns, Rgb{shade, shade, shade}, 1, 0.8);
    }
  }
}

}  // namespace

/// Streets on a turned, slightly bent grid, houses with gardens along both sides of each.
void paint_residential(Canvas& canvas, const Scene& scene, RandomStream& random) {
  const double turns = random.uniform(), bend = random.uniform(0, 5), wave = random.uniform(50, 90), phase = random.uniform();
  const double block_u = random.uniform(18, 34), block_v = random.uniform(9, 13), street = random.uniform(0.8, 1.4);
  const Point origin = Point{kTile / 2.0, kTile / 2.0} + Point{random.uniform(-10, 10), random.uniform(-10, 10)};
  const Rgb garden = grass_colour(scene, random), asphalt = asphalt_colour(random);
  const Field green = fractal_noise(7, 3, 0.6, random);
  const auto sway = [&](double u) { return bend * sin_turns(u / wave + phase); };
  const auto off_street = [](double at, double block) { return std::abs(at - block * std::floor(at / block + 0.5)); };
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x) {
      const Point p = rotate(centre_of(x, y) - origin, -turns);
      const double nearest = std::min(off_street(p.x, block_u), off_street(p.y - sway(p.x), block_v));
      canvas.at(x, y) = mix(garden, scene.soil, 0.5 * green[pixel(x, y)]) * (0.75 + 0.5 * green[pixel(x, y)]);
      canvas.cover(x, y, asphalt, clamp01(street + 0.5 - nearest));
    }
  }
  const int style = static_cast<int>(random.below(3));
  const double plot = random.uniform(3.6, 5.6), setback = street + random.uniform(1.5, 2.1), built = random.uniform(0.7, 0.98);
  for (const double v : steps(-5 * block_v, 5 * block_v, block_v)) {
    for (int side = -1; side <= 1; side += 2) {
      for (const double u : steps(-54, 54, plot)) {
        const double along = u + random.uniform(-0.5, 0.5), slant = random.uniform(-0.02, 0.02);
        const Point half{random.uniform(1.1, 1.9), random.uniform(0.9, 1.4)};
        const Rgb roof = house_roof(style, random);
        const bool empty = random.uniform() > built;
        const Point at = origin + rotate({along, v + side * setback + sway(along)}, turns);
        if (empty || !on_tile(at, 3) || off_street(along, block_u) < street + half.x) continue;
        draw_building(canvas, scene, at, half, turns + slant, roof, 0.6, 0.75);
      }
    }
  }
  const Field anywhere = value_noise(9, random);
  scatter_trees(canvas, scene, anywhere, static_cast<int>(60 + random.below(160)), 0.5, 1.1, random);
}

/// Halls of very different size on paved ground, yards between them, access roads.
void paint_industrial(Canvas& canvas, const Scene& scene, RandomStream& random) {
  const double turns = random.uniform();
  const ParcelMap map = cut_parcels({random.uniform(18, 56), turns}, random);
  const Field stain = fractal_noise(8, 4, 0.6, random);
  const Rgb paved = asphalt_colour(random), road = asphalt_colour(random) * 0.85;
  std::vector<Rgb> ground(static_cast<std::size_t>(map.count));
  for (Rgb& colour : ground) {
    const Rgb grass = grass_colour(scene, random);
    colour = random.below(4) == 0 ? grass : mix(paved, scene.soil, 0.4 * random.uniform());
  }
  std::vector<Point> middle(ground.size());
  std::vector<double> area(ground.size());
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x) {
      const std::size_t i = pixel(x, y), parcel = static_cast<std::size_t>(map.parcel[i]);
      canvas.at(x, y) = ground[parcel] * (0.82 + 0.36 * stain[i]);
      canvas.cover(x, y, road, clamp01(1.8 - map.fence[i]));
      middle[parcel] = middle[parcel] + centre_of(x, y);
      area[parcel] += 1;
    }
  }
  for (std::size_t i = 0; i < ground.size(); ++i) {
    if (area[i] < 40) continue;
    const double side = std::sqrt(area[i]), stretch = random.uniform(0.75, 1.3);
    const Point half = Point{side * stretch, side / stretch} * (0.5 * random.uniform(0.5, 0.8));
    const Point at = middle[i] * (1 / area[i]) + Point{random.uniform(-2, 2), random.uniform(-2, 2)};
    const std::uint64_t use = random.below(8);
    if (use == 0) {
      draw_yard(canvas, at, half * 0.9, turns, random);
    } else if (use < 3) {
      draw_hall(canvas, scene, at + rotate({-half.x * 0.55, 0}, turns), {half.x * 0.4, half.y}, turns, random);
      draw_hall(canvas, scene, at + rotate({half.x * 0.55, 0}, turns), {half.x * 0.4, half.y * 0.8}, turns, random);
    } else {
      draw_hall(canvas, scene, at, half, turns, random);
    }
  }
}

}  // namespace bitloom::data::landcover
