#pragma once

#include <cstddef>
#include <functional>

#include "passes/quantize/histogram.h"

/// Ranges that are read off a histogram by more than its extremes. They hold 0 and lie inside the extremes.
namespace bitloom {

/// Of the ranges that are shares of the extremes (powers of 2^(-1/16), down to 1/256), first at both ends and then at either, the one of the
/// least `error`.
ValueRange range_of_least(const Histogram& values, const std::function<double(ValueRange range)>& error);

/// The values below the magnitude at which cutting off costs least: where the distribution of magnitudes, those above it taken for it, differs
/// least (Kullback-Leibler) from what is left of it in `levels` steps. Source: Migacz 2017, "8-bit inference with TensorRT".
ValueRange least_divergent_range(const Histogram& values, std::size_t levels);

}  // namespace bitloom
