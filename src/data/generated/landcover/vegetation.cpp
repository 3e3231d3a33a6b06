#include "data/generated/landcover/scenes.h"

namespace bitloom::data::landcover {

/// A closed canopy of crowns, thinner where the ground is poor; now and then a clearing or a track.
void paint_forest(Canvas& canvas, const Scene& scene, RandomStream& random) {
  const Field age = fractal_noise(random.uniform(14, 30), 3, 0.5, random), floor = fractal_noise(4, 2, 0.6, random);
  const Rgb under = mix(scene.leaf, scene.soil, 0.15) * 0.7, glade = grass_colour(scene, random);
  const bool open = random.below(4) == 0;
  Field density;
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x) {
      const std::size_t i = pixel(x, y);
      const double bare = open ? smoothstep(0.60, 0.68, age[i]) : 0;
      canvas.at(x, y) = mix(under, glade, bare) * (0.8 + 0.4 * floor[i]);
      density[i] = (1 - bare) * (0.55 + 0.45 * age[i]);
    }
  }
  const double crown = random.uniform(1.3, 2.1);
  scatter_trees(canvas, scene, density, static_cast<int>(2600 / (crown * crown)), 0.75 * crown, 1.3 * crown, random);
  for (int y = 0; y < kTile; ++y)
    for (int x = 0; x < kTile; ++x) canvas.at(x, y) = canvas.at(x, y) * (0.8 + 0.4 * age[pixel(x, y)]);
  if (random.below(6) == 0) {
    const Field track = signed_distance(wandering_line({random.uniform(2, 8), random.uniform(0.5, 1.5)}, random));
    for (int y = 0; y < kTile; ++y)
      for (int x = 0; x < kTile; ++x) canvas.cover(x, y, scene.soil, 0.6 * clamp01(1.1 - std::abs(track[pixel(x, y)])));
  }
}

/// Heath and rough grassland: patches of grass, earth and shrubs without a straight line.
void paint_herbaceous(Canvas& canvas, const Scene& scene, RandomStream& random) {
  const Field patch = fractal_noise(random.uniform(9, 22), 4, 0.6, random), wear = fractal_noise(random.uniform(6, 14), 4, 0.65, random);
  const Field grain = fractal_noise(3, 2, 0.7, random);
  const Rgb grass = grass_colour(scene, random), dry = mix(grass, {0.45, 0.39, 0.29}, 0.7), shrub = mix(scene.leaf, grass, 0.35);
  const double bare_from = random.uniform(0.55, 0.68), shrub_from = random.uniform(0.52, 0.64);
  Field density;
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x) {
      const std::size_t i = pixel(x, y);
      Rgb ground = mix(grass, dry, smoothstep(0.35, 0.65, wear[i]));
      ground = mix(ground, scene.soil, 0.8 * smoothstep(bare_from, bare_from + 0.1, wear[i]));
      const double brush = smoothstep(shrub_from, shrub_from + 0.12, patch[i]);
      canvas.at(x, y) = mix(ground, shrub, 0.75 * brush) * (0.82 + 0.36 * grain[i]);
      density[i] = 0.15 + 0.85 * brush;
    }
  }
  scatter_trees(canvas, scene, density, static_cast<int>(40 + random.below(220)), 0.5, 1.2, random);
}

/// Smooth meadows behind bent hedges, single trees, sometimes a pond.
void paint_pasture(Canvas& canvas, const Scene& scene, RandomStream& random) {
  const ParcelMap map = cut_parcels({random.uniform(26, 60), random.uniform(), random.uniform(2, 6)}, random);
  const Field slope = fractal_noise(28, 3, 0.45, random), grain = value_noise(2.5, random);
  const Rgb meadow = grass_colour(scene, random);
  std::vector<Rgb> colours(static_cast<std::size_t>(map.count));
  for (Rgb& colour : colours) colour = mix(meadow, grass_colour(scene, random), 0.45);
  const double hedge = random.below(4) == 0 ? 0 : random.uniform(0.25, 0.9);
  Field trees;
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x) {
      const std::size_t i = pixel(x, y);
      canvas.at(x, y) = colours[static_cast<std::size_t>(map.parcel[i])] * (0.78 + 0.36 * slope[i] + 0.08 * grain[i]);
      trees[i] = map.fence[i] < 1.2 ? hedge : 0.004;
    }
  }
  scatter_trees(canvas, scene, trees, 1500, 0.7, 1.5, random);
  if (random.below(6) == 0) {
    const Point pond{random.uniform(8, 56), random.uniform(8, 56)};
    const Rgb water = water_colour(random);
    canvas.stamp_disc(pond, random.uniform(1.5, 4), water, 0.9, 1.5);
  }
}

}  // namespace bitloom::data::landcover
