#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/dataset.h"

namespace bitloom::data {

/// A set that is drawn, not stored. Image `index` of a part is a pure function of (seed, part, index) and of class index % classes, so
/// every prefix of a part is balanced and any image can be made alone, on any thread and machine, with the same bytes.
struct GeneratedSet {
  std::string name;
  ImageShape shape;
  std::vector<std::string> class_names;
  std::int64_t train = 0, validation = 0, test = 0;  ///< images of each part
  std::uint64_t seed = 0;                            ///< the set's own; a recipe's seed never reaches it, so that figures compare
  void (*draw)(int label, RandomStream& random, std::span<std::uint8_t> pixels) = nullptr;
};

/// Nothing is drawn before it is read; `keep_images` (cache/image_store.h) keeps what training reads again and again.
Splits open_generated(const GeneratedSet& set);

/// Ten handwritten-looking digits, 28x28 grey, bright on dark: pen strokes along jittered skeletons, slanted, turned, scaled, warped, of
/// varying width and ink, with stray strokes, ruled lines and noise.
const GeneratedSet& digits_set();

/// Ten kinds of land seen from above, 64x64 RGB at about 10 m a pixel, with the classes of EuroSAT (Helber et al. 2019,
/// arXiv:1709.00029). Season, light, haze and colour cast vary by image, so that texture and structure tell more than colour.
const GeneratedSet& landcover_set();

}  // namespace bitloom::data
