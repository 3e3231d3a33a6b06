#include <algorithm>

#include "data/generated/generated_set.h"
#include "data/generated/landcover/scenes.h"

namespace bitloom::data {
namespace {

using namespace landcover;

using Painter = void (*)(Canvas&, const Scene&, RandomStream&);
struct Class {
  const char* name;
  Painter paint;
};
constexpr std::array kClasses = {
    Class{"AnnualCrop", paint_annual_crop},   Class{"Forest", paint_forest},
    Class{"HerbaceousVegetation", paint_herbaceous}, Class{"Highway", paint_highway},
    Class{"Industrial", paint_industrial},    Class{"Pasture", paint_pasture},
    Class{"PermanentCrop", paint_permanent_crop}, Class{"Residential", paint_residential},
    Class{"River", paint_river},              Class{"SeaLake", paint_sea_lake},
};

/// What lies between the ground and the file: light, air and sensor. Drawn independently of the class, and wide enough that
/// brightness and tint say little about it.
struct Camera {
  double light, haze, contrast, blur, noise;
  Rgb cast, air;
};

Camera draw_camera(RandomStream& random) {
  const double warmth = random.uniform(-0.14, 0.14), green = random.uniform(-0.05, 0.05);
  Camera camera;
  camera.light = random.uniform(0.75, 1.35);
  camera.haze = random.uniform(0, 0.3);
  camera.contrast = random.uniform(0.75, 1.25);
  camera.blur = random.uniform(0.1, 0.7);
  camera.noise = random.uniform(0.005, 0.03);
  camera.cast = {1 + warmth, 1 + green, 1.03 - warmth};
  camera.air = {0.40, 0.45, 0.52};
  return camera;
}

void expose(const Canvas& canvas, const Camera& camera, RandomStream& random, std::span<std::uint8_t> pixels) {
  const Field cloud = fractal_noise(50, 2, 0.5, random);
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x) {
      const std::size_t i = pixel(x, y);
      const Rgb ground = canvas.at(x, y) * (camera.light * (0.9 + 0.2 * cloud[i]));
      const Rgb seen = landcover::mix(ground, camera.air, camera.haze);
      const double channels[] = {seen.r * camera.cast.r, seen.g * camera.cast.g, seen.b * camera.cast.b};
      for (std::size_t c = 0; c < 3; ++c)
        pixels[c * kPixels + i] = to_byte(0.38 + (channels[c] - 0.38) * camera.contrast + camera.noise * sensor_noise(random));
    }
  }
}

void draw(int label, RandomStream& random, std::span<std::uint8_t> pixels) {
  const Scene scene = draw_scene(random);
  const Camera camera = draw_camera(random);
  Canvas canvas;
  kClasses[static_cast<std::size_t>(label)].paint(canvas, scene, random);
  canvas.blur(camera.blur);
  expose(canvas, camera, random, pixels);
}

std::vector<std::string> names_of_classes() {
  std::vector<std::string> names;
  names.reserve(kClasses.size());
  for (const Class& one : kClasses) names.emplace_back(one.name);
  return names;
}

}  // namespace

const GeneratedSet& landcover_set() {
  static const GeneratedSet set{"landcover", {3, kTile, kTile}, names_of_classes(), 8000, 1000, 2000, 0x1A4DC0E2, &draw};
  return set;
}

}  // namespace bitloom::data
