#pragma once

#include "data/generated/landcover/layout.h"

namespace bitloom::data::landcover {

/// What all things in one image share.
struct Scene {
  double lushness;  ///< 0 a dry autumn, 1 a wet spring
  Point shadow;     ///< where a thing one pixel high throws its shadow to, pixels
  Rgb soil, leaf;   ///< the region's earth and its trees
};
Scene draw_scene(RandomStream& random);

Rgb grass_colour(const Scene& scene, RandomStream& random);
/// What one parcel of farmland wears this season: bare earth, a green crop, a ripe one or stubble.
Rgb crop_colour(const Scene& scene, RandomStream& random);
Rgb asphalt_colour(RandomStream& random);
Rgb water_colour(RandomStream& random);

/// A crown with its shadow, lit from the other side.
void draw_tree(Canvas& canvas, const Scene& scene, Point at, double radius, RandomStream& random);
/// Trees scattered where `density` allows: `tries` places, each taken with the density's probability there.
void scatter_trees(Canvas& canvas, const Scene& scene, const Field& density, int tries, double low_radius, double high_radius,
                   RandomStream& random);

/// Covers that are classes of their own and, under roads and rivers, the land around.
void paint_annual_crop(Canvas& canvas, const Scene& scene, RandomStream& random);
void paint_forest(Canvas& canvas, const Scene& scene, RandomStream& random);
void paint_herbaceous(Canvas& canvas, const Scene& scene, RandomStream& random);
void paint_pasture(Canvas& canvas, const Scene& scene, RandomStream& random);
void paint_permanent_crop(Canvas& canvas, const Scene& scene, RandomStream& random);
void paint_industrial(Canvas& canvas, const Scene& scene, RandomStream& random);
void paint_residential(Canvas& canvas, const Scene& scene, RandomStream& random);
void paint_highway(Canvas& canvas, const Scene& scene, RandomStream& random);
void paint_river(Canvas& canvas, const Scene& scene, RandomStream& random);
void paint_sea_lake(Canvas& canvas, const Scene& scene, RandomStream& random);

}  // namespace bitloom::data::landcover
