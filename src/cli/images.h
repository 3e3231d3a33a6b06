#pragma once

#include <cstdint>
#include <vector>

#include "data/dataset.h"
#include "ir/graph.h"

namespace bitloom::cli {

/// Images as channel planes (CHW), 0..255.
using Images = std::vector<std::vector<std::uint8_t>>;

/// The first `count` images of a set, or all if it has fewer.
Images read_images(const data::Dataset& set, std::int64_t count);

/// Uniform noise of the graph's input size: reaches more corners of the arithmetic than photographs.
Images noise_images(const Graph& graph, std::int64_t count, std::uint64_t seed);

}  // namespace bitloom::cli
