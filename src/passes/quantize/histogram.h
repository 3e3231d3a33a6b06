#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace bitloom {

/// Range that a quantized value must cover. It always holds 0, which padding and ReLU need exactly.
struct ValueRange {
  float low = 0, high = 0;
};

/// What a value was on the calibration images: its extremes, and how often it lay where, in bins at most 1/2048 of the largest magnitude
/// wide. What is observed in which order makes no difference, but to the averaged extremes.
class Histogram {
 public:
  /// @param has_counts  false: only the extremes are wanted, and the rest is empty
  explicit Histogram(bool has_counts = true) : has_counts_(has_counts) {}

  void observe(std::span<const float> values);  ///< finite values

  /// The smallest and the largest value seen, and 0.
  ValueRange extremes() const { return extremes_; }

  /// The extremes of each call (an image's), averaged as they come: the first ones, and then 0.99 of the average and 0.01 of the next, as
  /// PyTorch's MovingAverageMinMaxObserver does; and 0.
  ValueRange averaged_extremes() const { return averaged_; }

  /// The range without `share` of the values at either end; its ends lie on bin edges. Share 0 is the extremes.
  ValueRange without(double share) const;

  /// Sum over the values of (x - scale * n)^2 with n = clamp(round(x / scale), low, high), each value taken for the middle of its bin.
  double squared_error(float scale, std::int64_t low, std::int64_t high) const;

  /// How many magnitudes lay in each bin from 0 to that of the largest; empty while nothing but zeros has come.
  std::vector<std::int64_t> magnitudes() const;
  double bin_width() const { return width_; }

  /// Of all values, each taken for the middle of its bin; 0 while nothing but zeros has come.
  double mean_magnitude() const;

 private:
  void widen(double largest);
  void average(ValueRange next);
  std::size_t bin_of(double x) const;

  bool has_counts_;
  ValueRange extremes_, averaged_;
  bool is_averaging_ = false;         ///< false before the first values
  double width_ = 0;                  ///< of a bin; 0 while nothing but zeros has come
  std::vector<std::int64_t> counts_;  ///< of the bins from -limit to limit
};

}  // namespace bitloom
