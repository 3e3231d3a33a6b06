#include <algorithm>

#include "passes/quantize/calibrator.h"

namespace bitloom {
namespace {

class MinMaxCalibrator final : public Calibrator {
 public:
  void observe(std::span<const float> values) override {
    for (const float x : values) {
      range_.low = std::min(range_.low, x);
      range_.high = std::max(range_.high, x);
    }
  }
  ValueRange range() const override { return range_; }

 private:
  ValueRange range_;
};

}  // namespace

std::unique_ptr<Calibrator> make_min_max_calibrator() { return std::make_unique<MinMaxCalibrator>(); }

}  // namespace bitloom
