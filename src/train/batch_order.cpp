#include "train/batch_order.h"

#include <algorithm>

#include "base/random.h"

namespace bitloom::train {
namespace {

constexpr std::uint64_t kBatchOrderStream = 0xBA7C4;

}  // namespace

BatchOrder::BatchOrder(std::int64_t images, std::int64_t batch, std::uint64_t seed, std::int64_t least)
    : images_(images), batch_(std::min(batch, images)), steps_((images + batch_ - 1) / batch_), seed_(seed) {
  const std::int64_t left = images_ % batch_;
  if (steps_ > 1 && batch_ >= least && left > 0 && left < least) --steps_;
}

std::int64_t BatchOrder::largest_batch() const { return std::max(batch_, images_ - (steps_ - 1) * batch_); }

std::span<const std::uint32_t> BatchOrder::batch(std::int64_t epoch, std::int64_t step) {
  if (epoch != epoch_) {
    RandomStream random({seed_, kBatchOrderStream, static_cast<std::uint64_t>(epoch)});
    order_ = random_permutation(static_cast<std::uint32_t>(images_), random);
    epoch_ = epoch;
  }
  const std::int64_t first = step * batch_, end = step + 1 == steps_ ? images_ : first + batch_;
  return std::span(order_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first));
}

}  // namespace bitloom::train
