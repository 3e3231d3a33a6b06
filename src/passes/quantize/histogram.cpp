#include "passes/quantize/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace bitloom {
namespace {

constexpr int kBins = 4096;  // on each side of 0; bin b holds [(b - kBins) * width, (b - kBins + 1) * width)

}  // namespace

void Histogram::observe(std::span<const float> values) {
  counts_.resize(2 * kBins);
  ValueRange seen;
  for (const float x : values) {
    seen.low = std::min(seen.low, x);
    seen.high = std::max(seen.high, x);
  }
  extremes_ = {std::min(extremes_.low, seen.low), std::max(extremes_.high, seen.high)};
  average(seen);
  widen(std::max(-double{extremes_.low}, double{extremes_.high}));
  if (width_ == 0) {
    counts_[kBins] += static_cast<std::int64_t>(values.size());
    return;
  }
  for (const float x : values) ++counts_[static_cast<std::size_t>(std::floor(x / width_) + kBins)];
}

void Histogram::average(ValueRange next) {
  constexpr float kShareOfNext = 0.01f;
  const float share = std::exchange(is_averaging_, true) ? kShareOfNext : 1;
  averaged_.low += share * (next.low - averaged_.low);
  averaged_.high += share * (next.high - averaged_.high);
}

/// The width is a power of two that doubles until the largest magnitude fits. The new bins are then pairs of old ones, so the histogram is
/// the one that the final width would have given from the start.
void Histogram::widen(double largest) {
  if (largest == 0) return;
  if (width_ == 0) width_ = std::ldexp(1.0, std::ilogb(largest) + 1) / kBins;
  for (; width_ * kBins <= largest; width_ *= 2) {
    std::vector<std::int64_t> merged(counts_.size());
    for (int b = 0; b < 2 * kBins; ++b) merged[static_cast<std::size_t>((b + kBins) / 2)] += counts_[static_cast<std::size_t>(b)];
    counts_ = std::move(merged);
  }
}

ValueRange Histogram::without(double share) const {
  if (width_ == 0) return {};
  const std::int64_t total = std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
  const auto trimmed = static_cast<std::int64_t>(std::floor(static_cast<double>(total) * share));
  int low = 0, high = 2 * kBins - 1;
  for (std::int64_t below = counts_.front(); below <= trimmed && low < high; below += counts_[static_cast<std::size_t>(low)]) ++low;
  for (std::int64_t above = counts_.back(); above <= trimmed && high > low; above += counts_[static_cast<std::size_t>(high)]) --high;
  return {std::clamp(static_cast<float>((low - kBins) * width_), extremes_.low, 0.0f),
          std::clamp(static_cast<float>((high + 1 - kBins) * width_), 0.0f, extremes_.high)};
}

std::vector<std::int64_t> Histogram::magnitudes() const {
  if (width_ == 0) return {};
  const auto used = static_cast<std::size_t>(std::floor(std::max(-double{extremes_.low}, double{extremes_.high}) / width_)) + 1;
  std::vector<std::int64_t> result(std::min<std::size_t>(used, kBins));
  for (std::size_t b = 0; b < result.size(); ++b) result[b] = counts_[kBins + b] + counts_[kBins - 1 - b];
  return result;
}

double Histogram::squared_error(float scale, std::int64_t low, std::int64_t high) const {
  double sum = 0;
  for (std::size_t b = 0; b < counts_.size(); ++b) {
    if (counts_[b] == 0) continue;
    const double x = (static_cast<double>(b) - kBins + 0.5) * width_;
    const double n = std::clamp(std::nearbyint(x / scale), static_cast<double>(low), static_cast<double>(high));
    sum += static_cast<double>(counts_[b]) * (x - scale * n) * (x - scale * n);
  }
  return sum;
}

}  // namespace bitloom
