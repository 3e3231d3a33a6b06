#include "data/generated/landcover/scenes.h"

namespace bitloom::data::landcover {

Scene draw_scene(RandomStream& random) {
  const double lushness = random.uniform();
  const double sun = random.uniform(), height = random.uniform(0.5, 1.6);
  const Rgb pale_soil{0.52, 0.44, 0.35}, dark_soil{0.31, 0.25, 0.21}, red_soil{0.47, 0.33, 0.25};
  const double darkness = random.uniform(), redness = random.uniform(0, 0.6);
  const Rgb soil = mix(mix(pale_soil, dark_soil, darkness), red_soil, redness);
  const Rgb needle{0.12, 0.19, 0.15}, broad_leaf{0.21, 0.28, 0.14};
  const Rgb leaf = mix(needle, broad_leaf, random.uniform());
  return {lushness, Point{cos_turns(sun), sin_turns(sun)} * height, soil, leaf};
}

Rgb grass_colour(const Scene& scene, RandomStream& random) {
  const double share = clamp01(scene.lushness + random.uniform(-0.25, 0.25));
  return mix({0.45, 0.41, 0.29}, {0.27, 0.37, 0.21}, share) * random.uniform(0.85, 1.15);
}

Rgb crop_colour(const Scene& scene, RandomStream& random) {
  const double kind = random.uniform();
  Rgb colour;
  if (kind < 0.35) {
    colour = scene.soil;
  } else if (kind < 0.65) {
    colour = mix({0.36, 0.43, 0.24}, {0.21, 0.34, 0.17}, scene.lushness);
  } else if (kind < 0.85) {
    colour = mix({0.55, 0.48, 0.30}, {0.45, 0.45, 0.25}, scene.lushness);
  } else {
    colour = mix(scene.soil, {0.50, 0.46, 0.36}, 0.6);
  }
  return colour * random.uniform(0.85, 1.15);
}

Rgb asphalt_colour(RandomStream& random) { return mix({0.34, 0.34, 0.36}, {0.52, 0.51, 0.50}, random.uniform()); }

Rgb water_colour(RandomStream& random) {
  const Rgb deep{0.08, 0.15, 0.24}, green{0.13, 0.22, 0.20}, silty{0.33, 0.31, 0.25};
  const double kind = random.uniform(), shade = random.uniform(0.75, 1.25);
  const Rgb colour = kind < 0.75 ? mix(deep, green, kind / 0.75) : mix(green, silty, (kind - 0.75) / 0.25);
  return colour * shade;
}

void draw_tree(Canvas& canvas, const Scene& scene, Point at, double radius, RandomStream& random) {
  const Rgb crown = scene.leaf * random.uniform(0.75, 1.25);
  canvas.stamp_disc(at + scene.shadow * (0.7 * radius), radius, crown * 0.35, 0.55);
  canvas.stamp_disc(at, radius, crown, 0.9);
  canvas.stamp_disc(at - scene.shadow * (0.3 * radius), 0.55 * radius, crown * 1.45, 0.6);
}

void scatter_trees(Canvas& canvas, const Scene& scene, const Field& density, int tries, double low_radius, double high_radius,
                   RandomStream& random) {
  for (int i = 0; i < tries; ++i) {
    const Point at{random.uniform(0, kTile), random.uniform(0, kTile)};
    const double luck = random.uniform(), radius = random.uniform(low_radius, high_radius);
    if (luck < density[pixel(static_cast<int>(at.x), static_cast<int>(at.y))]) draw_tree(canvas, scene, at, radius, random);
  }
}

}  // namespace bitloom::data::landcover
