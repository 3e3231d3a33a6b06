#include "data/generated/landcover/scenes.h"

namespace bitloom::data::landcover {
namespace {

struct Furrows {
  Rgb colour;
  double turns, period, phase, depth;
};

/// How a parcel is planted: rows along `turns`, trees `spacing` apart in them (0: closed rows, as vines).
struct Plantation {
  double turns, row, spacing, radius;
  Rgb ground;
};

/// Closed rows of vines, drawn pixel by pixel.
void draw_vines(Canvas& canvas, const Scene& scene, const Plantation& p, const ParcelMap& map, int parcel, RandomStream& random) {
  const double phase = random.uniform(), c = cos_turns(p.turns), s = sin_turns(p.turns);
  const Rgb vine = mix(scene.leaf, {0.30, 0.38, 0.20}, 0.4) * random.uniform(0.9, 1.2);
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x) {
      if (map.parcel[pixel(x, y)] != parcel || map.fence[pixel(x, y)] < 1) continue;
      const double wave = 0.5 + 0.5 * sin_turns((c * y - s * x) / p.row + phase);
      canvas.cover(x, y, vine, 0.85 * smoothstep(0.35, 0.75, wave));
    }
  }
}

/// Trees on a turned lattice, a few missing.
void draw_orchard(Canvas& canvas, const Scene& scene, const Plantation& p, const ParcelMap& map, int parcel, RandomStream& random) {
  const Point middle{kTile / 2.0, kTile / 2.0};
  const double gaps = random.uniform(0, 0.12);
  const int rows = static_cast<int>(46 / p.row) + 1, places = static_cast<int>(46 / p.spacing) + 1;
  for (int r = -rows; r <= rows; ++r) {
    for (int k = -places; k <= places; ++k) {
      const Point jitter = Point{random.normal(), random.normal()} * 0.12;
      const Point at = middle + rotate({k * p.spacing, r * p.row}, p.turns) + jitter;
      const bool missing = random.uniform() < gaps;
      if (missing || !on_tile(at)) continue;
      const std::size_t i = pixel(static_cast<int>(at.x), static_cast<int>(at.y));
      if (map.parcel[i] == parcel && map.fence[i] > 1.2) draw_tree(canvas, scene, at, p.radius, random);
    }
  }
}

Plantation draw_plantation(const Scene& scene, double turns, RandomStream& random) {
  Plantation p;
  const double quarter = random.below(2) ? 0.25 : 0;
  p.turns = turns + quarter + random.uniform(-0.02, 0.02);
  p.row = random.uniform(2.8, 5.2);
  p.spacing = random.below(5) < 2 ? 0 : p.row * random.uniform(0.75, 1.05);
  p.radius = 0.34 * (p.spacing > 0 ? p.spacing : p.row);
  const Rgb grass = grass_colour(scene, random);
  p.ground = mix(scene.soil, grass, random.uniform(0, 0.8));
  return p;
}

}  // namespace

/// A few large parcels, each one crop with fine furrows, divided by tracks.
void paint_annual_crop(Canvas& canvas, const Scene& scene, RandomStream& random) {
  const double turns = random.uniform();
  const ParcelMap map = cut_parcels({random.uniform(28, 70), turns, random.uniform(0, 1)}, random);
  std::vector<Furrows> parcels;
  parcels.reserve(static_cast<std::size_t>(map.count));
  for (int i = 0; i < map.count; ++i) {
    const Rgb colour = crop_colour(scene, random);
    const double quarter = random.below(2) ? 0.25 : 0, direction = turns + quarter + random.uniform(-0.01, 0.01);
    parcels.push_back({colour, direction, random.uniform(2, 4.5), random.uniform(), random.uniform(0, 0.09)});
  }
  const Field moisture = fractal_noise(18, 4, 0.5, random), grain = value_noise(1.7, random);
  const Rgb verge = mix(grass_colour(scene, random), scene.soil, 0.5);
  const double track = random.uniform(0.2, 0.8), width = random.uniform(0.5, 1.1);
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x) {
      const std::size_t i = pixel(x, y);
      const Furrows& f = parcels[static_cast<std::size_t>(map.parcel[i])];
      const double across = cos_turns(f.turns) * y - sin_turns(f.turns) * x;
      const double furrow = f.depth * sin_turns(across / f.period + f.phase);
      canvas.at(x, y) = f.colour * (0.80 + 0.34 * moisture[i] + 0.06 * grain[i] + furrow);
      canvas.cover(x, y, verge, track * clamp01(width + 0.5 - map.fence[i]));
    }
  }
}

/// Orchards and vineyards: small parcels of trees or vines in strict rows.
void paint_permanent_crop(Canvas& canvas, const Scene& scene, RandomStream& random) {
  const double turns = random.uniform();
  const ParcelMap map = cut_parcels({random.uniform(20, 48), turns, random.uniform(0, 1.5)}, random);
  const Field moisture = fractal_noise(14, 4, 0.55, random);
  std::vector<Plantation> parcels;
  parcels.reserve(static_cast<std::size_t>(map.count));
  for (int i = 0; i < map.count; ++i) parcels.push_back(draw_plantation(scene, turns, random));
  const Rgb track = mix(scene.soil, {0.55, 0.50, 0.42}, 0.4);
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x) {
      const std::size_t i = pixel(x, y);
      canvas.at(x, y) = parcels[static_cast<std::size_t>(map.parcel[i])].ground * (0.78 + 0.44 * moisture[i]);
      canvas.cover(x, y, track, 0.7 * clamp01(1.2 - map.fence[i]));
    }
  }
  for (int i = 0; i < map.count; ++i) {
    const Plantation& p = parcels[static_cast<std::size_t>(i)];
    const bool fallow = random.below(7) == 0 && map.count > 2;
    if (fallow) continue;
    (p.spacing > 0 ? draw_orchard : draw_vines)(canvas, scene, p, map, i, random);
  }
}

}  // namespace bitloom::data::landcover
