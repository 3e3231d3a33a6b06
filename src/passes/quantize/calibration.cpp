#include "passes/quantize/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace bitloom {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// How far the distribution P of magnitudes is from Q, its first `kept` bins in `levels` groups. P counts what lies above in its last bin; Q
/// does not, and spreads each group over the bins of it in which P has something.
double divergence(const std::vector<std::int64_t>& counts, std::size_t kept, std::size_t levels) {
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  const std::int64_t above = std::accumulate(counts.begin() + static_cast<std::ptrdiff_t>(kept), counts.end(), std::int64_t{0});
  const double inside = total - static_cast<double>(above);
  if (inside == 0) return kNever;
  double sum = 0;
  for (std::size_t level = 0; level < levels; ++level) {
    const std::size_t begin = level * kept / levels, end = (level + 1) * kept / levels;
    std::int64_t in_group = 0, filled = 0;
    for (std::size_t b = begin; b < end; ++b) {
      in_group += counts[b];
      filled += counts[b] > 0 || (b + 1 == kept && above > 0);
    }
    if (filled == 0) continue;
    if (in_group == 0) return kNever;
    const double q = static_cast<double>(in_group) / static_cast<double>(filled) / inside;
    for (std::size_t b = begin; b < end; ++b) {
      const double p = static_cast<double>(counts[b] + (b + 1 == kept ? above : 0)) / total;
      if (p > 0) sum += p * std::log(p / q);
    }
  }
  return sum;
}

}  // namespace

ValueRange range_of_least(const Histogram& values, const std::function<double(ValueRange range)>& error) {
  constexpr int kShares = 128, kAnOctave = 16;
  ValueRange best = values.extremes();
  double least = error(best);
  const ValueRange start = best;
  const auto try_shares = [&](bool low, bool high, ValueRange from) {
    for (int share = 1; share <= kShares; ++share) {
      const float factor = std::exp2(-static_cast<float>(share) / kAnOctave);
      const ValueRange range{low ? start.low * factor : from.low, high ? start.high * factor : from.high};
      if (const double e = error(range); e < least) {
        least = e;
        best = range;
      }
    }
  };
  try_shares(true, true, start);
  if (start.low == 0 || start.high == 0) return best;  // one end is all there is
  try_shares(true, false, best);
  try_shares(false, true, best);
  return best;
}

ValueRange least_divergent_range(const Histogram& values, std::size_t levels) {
  const std::vector<std::int64_t> counts = values.magnitudes();
  std::size_t best = counts.size();
  double least = kNever;
  constexpr std::size_t kPlaces = 1024;  // that are tried
  const std::size_t step = std::max<std::size_t>(1, counts.size() / kPlaces);
  for (std::size_t kept = counts.size(); kept > levels; kept -= std::min(step, kept)) {
    const double d = divergence(counts, kept, levels);
    if (d < least) {
      least = d;
      best = kept;
    }
  }
  const auto most = static_cast<float>(static_cast<double>(best) * values.bin_width());
  const ValueRange all = values.extremes();
  return best == counts.size() ? all : ValueRange{std::max(all.low, -most), std::min(all.high, most)};
}

}  // namespace bitloom
