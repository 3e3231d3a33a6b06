#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace bitloom::train {

/// The images of step `step` of an epoch: consecutive runs of a permutation that seed and epoch determine. The last batch of an epoch holds
/// what is left over; fewer than `least` images left over join the batch before it, because BatchNorm takes no statistics of one.
class BatchOrder {
 public:
  BatchOrder(std::int64_t images, std::int64_t batch, std::uint64_t seed, std::int64_t least = 2);
  std::int64_t steps_per_epoch() const { return steps_; }
  std::int64_t largest_batch() const;
  /// Valid until it is called for another epoch.
  std::span<const std::uint32_t> batch(std::int64_t epoch, std::int64_t step);

 private:
  std::int64_t images_, batch_, steps_;
  std::uint64_t seed_;
  std::int64_t epoch_ = -1;
  std::vector<std::uint32_t> order_;
};

}  // namespace bitloom::train
