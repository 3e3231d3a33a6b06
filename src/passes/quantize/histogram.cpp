#include "passes/quantize/histogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/clones.h"

namespace bitloom {
namespace {

constexpr int kBins = 4096;  // on each side of 0; bin b holds [(b - kBins) * width, (b - kBins + 1) * width)
constexpr std::size_t kLanes = 16;  // loops over as many elements have no order among them, so they become vectors

/// Smallest and largest, and 0.
BITLOOM_CLONES ValueRange range_of(std::span<const float> values) {
  std::array<float, kLanes> low{}, high{};
  const std::size_t whole = values.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes)
    for (std::size_t j = 0; j < kLanes; ++j) {
      low[j] = values[i + j] < low[j] ? values[i + j] : low[j];
      high[j] = values[i + j] > high[j] ? values[i + j] : high[j];
    }
  for (std::size_t i = whole; i < values.size(); ++i) {
    low[0] = std::min(low[0], values[i]);
    high[0] = std::max(high[0], values[i]);
  }
  return {*std::ranges::min_element(low), *std::ranges::max_element(high)};
}

/// bins[i] = floor(values[i] * per_bin) + kBins, the product being exact in T.
template <class T>
[[gnu::always_inline]] inline void find_bins_in(const float* values, std::size_t count, T per_bin, std::int32_t* bins) {
  for (std::size_t i = 0; i < count; ++i) {
    const T place = values[i] * per_bin;
    const auto towards_zero = static_cast<std::int32_t>(place);
    bins[i] = towards_zero - (place < static_cast<T>(towards_zero) ? 1 : 0) + kBins;
  }
}
BITLOOM_CLONES void find_bins(const float* values, std::size_t count, float per_bin, std::int32_t* bins) { find_bins_in(values, count, per_bin, bins); }
BITLOOM_CLONES void find_bins(const float* values, std::size_t count, double per_bin, std::int32_t* bins) { find_bins_in(values, count, per_bin, bins); }

constexpr std::size_t kChunk = 1024;  // values whose bins are found before they are counted

/// Calls use(i, bin) for each value.
template <class Use>
void for_bins(std::span<const float> values, double width, Use use) {
  std::array<std::int32_t, kChunk> bins;
  const double per_bin = 1 / width;
  const bool is_exact_in_float = per_bin >= 1 && per_bin < 0x1p100;  // a power of two that makes nothing too small or too large
  for (std::size_t begin = 0; begin < values.size(); begin += kChunk) {
    const std::size_t count = std::min(kChunk, values.size() - begin);
    if (is_exact_in_float)
      find_bins(values.data() + begin, count, static_cast<float>(per_bin), bins.data());
    else
      find_bins(values.data() + begin, count, per_bin, bins.data());
    for (std::size_t i = 0; i < count; ++i) use(i, static_cast<std::size_t>(bins[i]));
  }
}

/// Counts in several tables in turn: half of what a ReLU gives lies in one bin, and a count waits for the one before it
/// in the same place. Only the bins from `first` to `last` are touched, which hold all values.
void count_many(std::span<const float> values, double width, std::size_t first, std::size_t last, std::vector<std::int64_t>& counts) {
  constexpr std::size_t kTables = 4;
  std::array<std::array<std::uint32_t, kTables>, 2 * kBins> tables;
  std::fill(tables.begin() + static_cast<std::ptrdiff_t>(first), tables.begin() + static_cast<std::ptrdiff_t>(last) + 1,
            std::array<std::uint32_t, kTables>{});
  for_bins(values, width, [&](std::size_t i, std::size_t bin) { ++tables[bin][i % kTables]; });
  for (std::size_t b = first; b <= last; ++b) {
    const auto& [w, x, y, z] = tables[b];
    counts[b] += std::int64_t{w} + x + (std::int64_t{y} + z);
  }
}

}  // namespace

void Histogram::observe(std::span<const float> values) {
  const ValueRange seen = range_of(values);
  extremes_ = {std::min(extremes_.low, seen.low), std::max(extremes_.high, seen.high)};
  average(seen);
  if (!has_counts_) return;
  counts_.resize(2 * kBins);
  widen(std::max(-double{extremes_.low}, double{extremes_.high}));
  if (width_ == 0) {
    counts_[kBins] += static_cast<std::int64_t>(values.size());
    return;
  }
  constexpr std::size_t kMost = std::size_t{1} << 32;  // tables count so far
  const std::size_t first = bin_of(seen.low), last = bin_of(seen.high);
  if (values.size() < last - first || values.size() >= kMost)
    for_bins(values, width_, [&](std::size_t, std::size_t bin) { ++counts_[bin]; });
  else
    count_many(values, width_, first, last, counts_);
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

double Histogram::mean_magnitude() const {
  const std::vector<std::int64_t> counts = magnitudes();
  double sum = 0, total = 0;
  for (std::size_t b = 0; b < counts.size(); ++b) {
    sum += static_cast<double>(counts[b]) * (static_cast<double>(b) + 0.5) * width_;
    total += static_cast<double>(counts[b]);
  }
  return total > 0 ? sum / total : 0;
}

std::size_t Histogram::bin_of(double x) const { return static_cast<std::size_t>(std::floor(x / width_) + kBins); }

namespace {

/// Sum of counts[i] * (x - scale * clamp(round(x / scale), low, high))^2 over bins whose middles are first, first + width, ...
BITLOOM_CLONES double squared_error_of(const std::int64_t* counts, std::size_t bins, double first, double width,
                                       double scale, double low, double high) {
  std::array<double, kLanes> sums{};
  const auto error = [=](std::size_t b) {
    const double x = first + static_cast<double>(b) * width, n = std::nearbyint(x / scale);
    const double rest = x - scale * (n < low ? low : n > high ? high : n);
    return static_cast<double>(counts[b]) * rest * rest;
  };
  const std::size_t whole = bins / kLanes * kLanes;
  for (std::size_t b = 0; b < whole; b += kLanes)
    for (std::size_t j = 0; j < kLanes; ++j) sums[j] += error(b + j);
  for (std::size_t b = whole; b < bins; ++b) sums[0] += error(b);
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace

double Histogram::squared_error(float scale, std::int64_t low, std::int64_t high) const {
  if (width_ == 0) return 0;
  const std::size_t first = bin_of(extremes_.low), bins = bin_of(extremes_.high) + 1 - first;
  const double middle = (static_cast<double>(first) - kBins + 0.5) * width_;
  return squared_error_of(counts_.data() + first, bins, middle, width_, scale, static_cast<double>(low), static_cast<double>(high));
}

}  // namespace bitloom
