#include "passes/quantize/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace bitloom {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// Of a distribution of magnitudes over bins: sums over the first bins, so that those over any run are a difference.
class Sums {
 public:
  explicit Sums(const std::vector<std::int64_t>& counts) : values_(counts.size() + 1), filled_(counts.size() + 1), logs_(counts.size() + 1) {
    for (std::size_t b = 0; b < counts.size(); ++b) {
      values_[b + 1] = values_[b] + counts[b];
      filled_[b + 1] = filled_[b] + (counts[b] > 0 ? 1 : 0);
      logs_[b + 1] = logs_[b] + n_log_n(counts[b]);
    }
  }

  /// How far the distribution P is from Q, its first `kept` bins in `levels` groups. P counts what lies above in its last bin; Q does not, and
  /// spreads each group over the bins of it in which P has something. A group's q is one number, so that
  ///   sum of p * log(p / q) = sum of p * log(p) - sum over groups of (the group's p) * log(its q),   p = n / total
  double divergence(std::size_t kept, std::size_t levels) const {
    const std::int64_t total = values_.back(), above = total - values_[kept], last = values_[kept] - values_[kept - 1];
    const auto inside = static_cast<double>(total - above);
    if (inside == 0) return kNever;
    const bool fills_last = above > 0 && last == 0;
    double sum = logs_[kept - 1] + n_log_n(last + above) - static_cast<double>(total) * std::log(static_cast<double>(total));
    for (std::size_t level = 0, begin = 0; level < levels; ++level) {
      const std::size_t end = (level + 1) * kept / levels;
      const std::int64_t q = values_[end] - values_[begin], filled = filled_[end] - filled_[begin] + (end == kept && fills_last ? 1 : 0);
      const std::int64_t p = q + (end == kept ? above : 0);
      begin = end;
      if (filled == 0) continue;
      if (q == 0) return kNever;
      sum -= static_cast<double>(p) * std::log(static_cast<double>(q) / static_cast<double>(filled) / inside);
    }
    return sum / static_cast<double>(total);
  }

 private:
  static double n_log_n(std::int64_t n) { return n > 0 ? static_cast<double>(n) * std::log(static_cast<double>(n)) : 0; }

  std::vector<std::int64_t> values_, filled_;
  std::vector<double> logs_;
};

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
  const Sums sums(counts);
  std::size_t best = counts.size();
  double least = kNever;
  constexpr std::size_t kPlaces = 1024;  // that are tried
  const std::size_t step = std::max<std::size_t>(1, counts.size() / kPlaces);
  for (std::size_t kept = counts.size(); kept > levels; kept -= std::min(step, kept)) {
    const double d = sums.divergence(kept, levels);
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
