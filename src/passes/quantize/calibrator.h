#pragma once

#include <memory>
#include <span>

#include "passes/quantize/quantize_model.h"

namespace bitloom {

/// Range that a quantized value must cover. It always holds 0, which padding and ReLU need exactly.
struct ValueRange {
  float low = 0, high = 0;
};

/// Finds the range of one value from what it is on the calibration images.
class Calibrator {
 public:
  virtual ~Calibrator() = default;
  virtual void observe(std::span<const float> values) = 0;  ///< finite values
  virtual ValueRange range() const = 0;
};

/// The smallest and the largest value seen.
std::unique_ptr<Calibrator> make_min_max_calibrator();

/// The range without the (100 - percentile) / 2 per cent of the values farthest out at either end, read off a histogram: the ends lie on
/// bin edges, a bin being at most 1/2048 of the largest value wide. What is observed in which order makes no difference.
std::unique_ptr<Calibrator> make_percentile_calibrator(double percentile);

std::unique_ptr<Calibrator> make_calibrator(const QuantizeOptions& options);

}  // namespace bitloom
