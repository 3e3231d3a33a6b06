#include <algorithm>
#include <cmath>
#include <vector>

#include "passes/quantize/calibrator.h"

namespace bitloom {
namespace {

constexpr int kBins = 4096;  // on each side of 0

/// Bin b counts the values in [(b - kBins) * width, (b - kBins + 1) * width). The width is a power of two that doubles when a larger value
/// comes; as the new bins are then pairs of old ones, the histogram is the one that the final width would have given from the start.
class PercentileCalibrator final : public Calibrator {
 public:
  explicit PercentileCalibrator(double percentile) : trimmed_share_((100 - percentile) / 200), counts_(2 * kBins) {}

  void observe(std::span<const float> values) override {
    for (const float x : values) {
      extremes_.low = std::min(extremes_.low, x);
      extremes_.high = std::max(extremes_.high, x);
    }
    widen(std::max(-double{extremes_.low}, double{extremes_.high}));
    if (width_ == 0) {  // nothing but zeros yet
      counts_[kBins] += static_cast<std::int64_t>(values.size());
      return;
    }
    for (const float x : values) ++counts_[static_cast<std::size_t>(std::floor(x / width_) + kBins)];
  }

  ValueRange range() const override {
    if (width_ == 0) return {};
    std::int64_t total = 0;
    for (const std::int64_t count : counts_) total += count;
    const auto trimmed = static_cast<std::int64_t>(std::floor(static_cast<double>(total) * trimmed_share_));
    int low = 0, high = 2 * kBins - 1;
    for (std::int64_t below = counts_[0]; below <= trimmed && low < high; below += counts_[static_cast<std::size_t>(low)]) ++low;
    for (std::int64_t above = counts_.back(); above <= trimmed && high > low; above += counts_[static_cast<std::size_t>(high)]) --high;
    return {std::clamp(static_cast<float>((low - kBins) * width_), extremes_.low, 0.0f),
            std::clamp(static_cast<float>((high + 1 - kBins) * width_), 0.0f, extremes_.high)};
  }

 private:
  void widen(double largest) {
    if (largest == 0) return;
    if (width_ == 0) width_ = std::ldexp(1.0, std::ilogb(largest) + 1) / kBins;
    for (; width_ * kBins <= largest; width_ *= 2) {
      std::vector<std::int64_t> merged(counts_.size());
      for (int b = 0; b < 2 * kBins; ++b) merged[static_cast<std::size_t>((b + kBins) / 2)] += counts_[static_cast<std::size_t>(b)];
      counts_ = std::move(merged);
    }
  }

  double trimmed_share_;
  double width_ = 0;
  ValueRange extremes_;
  std::vector<std::int64_t> counts_;
};

}  // namespace

std::unique_ptr<Calibrator> make_percentile_calibrator(double percentile) { return std::make_unique<PercentileCalibrator>(percentile); }

std::unique_ptr<Calibrator> make_calibrator(const QuantizeOptions& options) {
  return options.calibration == Calibration::kMinMax ? make_min_max_calibrator() : make_percentile_calibrator(options.percentile);
}

}  // namespace bitloom
