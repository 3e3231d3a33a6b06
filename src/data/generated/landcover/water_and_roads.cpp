#include "data/generated/landcover/scenes.h"

namespace bitloom::data::landcover {
namespace {

/// The land that a road or a river crosses: any of the covers that do so in life.
void paint_surroundings(Canvas& canvas, const Scene& scene, RandomStream& random) {
  constexpr std::array kCovers = {paint_annual_crop, paint_annual_crop,     paint_herbaceous, paint_pasture,
                                  paint_forest,      paint_permanent_crop,  paint_residential, paint_pasture};
  kCovers[random.below(kCovers.size())](canvas, scene, random);
}

/// Water of one colour with slow changes of depth, wind streaks and, at times, glitter.
class Water {
 public:
  explicit Water(RandomStream& random)
      : colour_(water_colour(random)),
        depth_(fractal_noise(random.uniform(16, 40), 3, 0.5, random)),
        ripple_(value_noise(random.uniform(1.2, 3), random)),
        relief_(random.uniform(0.02, 0.25)),
        roughness_(random.uniform(0.01, 0.1)) {}

  Rgb at(int x, int y) const {
    const std::size_t i = pixel(x, y);
    return colour_ * (1 + relief_ * (depth_[i] - 0.5) * 2 + roughness_ * (ripple_[i] - 0.5) * 2);
  }

 private:
  Rgb colour_;
  Field depth_, ripple_;
  double relief_, roughness_;
};

struct Road {
  double half_width, median, verge;
  Rgb surface, shoulder;
};

void draw_road(Canvas& canvas, const Field& distance, const Road& road) {
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x) {
      const double d = std::abs(distance[pixel(x, y)]);
      canvas.cover(x, y, road.shoulder, 0.8 * clamp01(road.half_width + road.verge + 0.5 - d));
      canvas.cover(x, y, road.surface, clamp01(road.half_width + 0.5 - d));
      canvas.cover(x, y, road.shoulder, 0.9 * clamp01(road.median + 0.5 - d));
    }
  }
}

void draw_vehicles(Canvas& canvas, const std::vector<Point>& line, double lane, RandomStream& random) {
  const std::uint64_t count = random.below(16);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t piece = random.below(line.size() - 1);
    const Point along = line[piece + 1] - line[piece], way = along * (1 / length(along));
    const double side = random.below(2) ? lane : -lane, shade = random.uniform(0.1, 0.9), t = random.uniform();
    canvas.stamp_disc(line[piece] + along * t + Point{-way.y, way.x} * side, random.uniform(0.4, 0.7), {shade, shade, shade}, 0.9);
  }
}

}  // namespace

/// A wide road with two carriageways in open land; sometimes a second one crosses it.
void paint_highway(Canvas& canvas, const Scene& scene, RandomStream& random) {
  paint_surroundings(canvas, scene, random);
  const double wear = random.uniform(0.9, 1.25), bareness = random.uniform();
  const Rgb surface = asphalt_colour(random) * wear, shoulder = mix(grass_colour(scene, random), scene.soil, bareness);
  if (random.below(3) == 0) {
    const Road minor{random.uniform(0.6, 1), -1, random.uniform(0, 0.5), surface, shoulder};
    draw_road(canvas, signed_distance(wandering_line({random.uniform(0, 5), random.uniform(0.2, 0.8)}, random)), minor);
  }
  const double half_width = random.uniform(1.3, 2.4);
  const std::vector<Point> line = wandering_line({random.uniform(0, 9), random.uniform(0.2, 0.7)}, random);
  const Road road{half_width, half_width > 1.7 ? random.uniform(-0.3, 0.1) : -1, random.uniform(0, 1.2), surface, shoulder};
  draw_road(canvas, signed_distance(line), road);
  draw_vehicles(canvas, line, 0.5 * half_width, random);
}

/// A band of water that winds through the land, with banks and trees along them.
void paint_river(Canvas& canvas, const Scene& scene, RandomStream& random) {
  paint_surroundings(canvas, scene, random);
  const Field distance = signed_distance(wandering_line({random.uniform(3, 13), random.uniform(0.4, 1.3)}, random));
  const Field uneven = fractal_noise(14, 3, 0.5, random);
  const Water water(random);
  const double half_width = random.uniform(2, 7.5), wooded = random.below(2) ? random.uniform(0.2, 0.8) : 0.05;
  const Rgb bank = random.below(2) ? mix(scene.soil, {0.56, 0.52, 0.44}, random.uniform()) : scene.leaf * 1.1;
  const double bank_width = random.uniform(0.3, 2.2);
  Field trees;
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x) {
      const std::size_t i = pixel(x, y);
      const double from_edge = std::abs(distance[i]) - half_width * (0.6 + 0.8 * uneven[i]);
      canvas.cover(x, y, bank, 0.8 * clamp01(bank_width + 0.5 - from_edge));
      canvas.cover(x, y, water.at(x, y), clamp01(0.5 - from_edge));
      trees[i] = from_edge > 0.8 && from_edge < 4 ? wooded : 0;
    }
  }
  scatter_trees(canvas, scene, trees, 700, 0.7, 1.6, random);
}

/// Open water; in about half of the tiles a shore with a beach or woods on one side.
void paint_sea_lake(Canvas& canvas, const Scene& scene, RandomStream& random) {
  paint_surroundings(canvas, scene, random);
  const bool shore = random.below(2) == 0;
  const Field distance = signed_distance(wandering_line({random.uniform(2, 8), random.uniform(0.4, 1.2)}, random));
  const Field uneven = fractal_noise(12, 4, 0.55, random);
  const Water water(random);
  const double inland = shore ? random.uniform(2, 24) : 90, beach = random.uniform(0, 3), shallows = random.uniform(1, 8);
  const Rgb sand = mix(scene.soil, {0.60, 0.55, 0.45}, random.uniform());
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x) {
      const std::size_t i = pixel(x, y);
      const double off_shore = distance[i] + inland + 14 * (uneven[i] - 0.5);
      canvas.cover(x, y, sand, clamp01(off_shore + beach + 0.5));
      const Rgb deep = water.at(x, y), shallow = mix(deep, sand, 0.35);
      canvas.cover(x, y, mix(shallow, deep, smoothstep(0, shallows, off_shore)), clamp01(off_shore + 0.5));
    }
  }
}

}  // namespace bitloom::data::landcover
