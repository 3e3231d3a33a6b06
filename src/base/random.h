#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace bitloom {

/// A stream of random numbers that is a pure function of its key, the same on every machine and in every thread order.
/// Give each independent thing its own key: RandomStream({seed, kAugment, epoch, index}).
/// Source: splitmix64 as a counter-based generator, Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators".
class RandomStream {
 public:
  explicit RandomStream(std::initializer_list<std::uint64_t> key);

  std::uint64_t next();
  /// Uniform in [0, bound); bound > 0. Unbiased (Lemire's multiply and reject).
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Mean 0, variance 1, within (-6, 6): the sum of twelve uniforms less six. No libm, so the same bits everywhere.
  double normal();

 private:
  std::uint64_t state_;
};

/// 0 .. count-1 in an order drawn from `random` (Fisher-Yates).
std::vector<std::uint32_t> random_permutation(std::uint32_t count, RandomStream& random);

}  // namespace bitloom
