#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "train/distributed/process_group.h"
#include "train/loss.h"
#include "train/training_state.h"

namespace bitloom::train {

/// @param couples  BatchNorm takes statistics over each process's share of a batch
/// @throws InputError if a batch, or all the training images, are too few to give every process a share
void check_shares(int processes, std::int64_t batch, std::int64_t images, bool couples);

/// What processes that train one network together do at the points where they meet: each takes its share of every batch, and all go on
/// with the same weights. Without a group (null) there is one process: it has the whole share, and the calls change nothing.
class DataParallel {
 public:
  explicit DataParallel(ProcessGroup* group) : group_(group) {}

  int size() const { return group_ ? group_->size() : 1; }
  bool leads() const { return !group_ || group_->rank() == 0; }  ///< rank 0, which writes all files

  /// This rank's part of `count` things in a row: consecutive, of one size but for one.
  struct Share {
    std::int64_t first, count;
  };
  Share share(std::int64_t count) const;
  std::int64_t largest_share(std::int64_t count) const { return (count + size() - 1) / size(); }

  /// @throws InputError on every rank, naming the first rank whose fingerprint is not rank 0's, and what differs
  void check_same(const Fingerprint& mine) const;

  /// Rank 0's `bytes`, on every rank.
  std::string from_leader(std::string bytes) const;

  /// True on every rank as soon as it is on one.
  bool any(bool mine) const;

  /// Over all ranks; the same bits on each.
  Loss sum(Loss mine) const;

  /// Remembers the running statistics as they are before a step on this rank's share.
  void begin_step(std::span<const float> statistics);

  /// Sums the ranks' gradients, and moves the running statistics by the mean of the ranks' moves since begin_step, so that they are the
  /// same everywhere. One all-reduce.
  void end_step(std::span<float> gradient, std::span<float> statistics);

  /// Returns when every rank has come here.
  void barrier() const;

 private:
  ProcessGroup* group_;
  std::vector<float> before_, buffer_;
};

}  // namespace bitloom::train
