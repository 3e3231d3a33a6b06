#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "train/device.h"
#include "train/distributed/launch.h"

namespace bitloom::train {

/// The processes of a training that exchange numbers: LibTorch's Gloo over TCP, or NCCL for floats between GPUs. Every member calls the
/// same functions in the same order, each in one thread; a call returns when this rank has its result.
/// A rank that is lost makes every other rank's call throw a CheckError that names it: at once when its connection closes, as that of a
/// killed process does; after `patience` when it stands still or its machine is gone.
class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;

  int rank() const { return rank_; }
  int size() const { return size_; }

  /// Sums element by element over the ranks, in place. All ranks get the same bits; with Gloo, which adds around a ring, in an order that
  /// depends on size() and the length alone. Lengths must agree.
  virtual void all_reduce_sum(std::span<float> values) = 0;
  virtual void all_reduce_sum(std::span<double> values) = 0;
  virtual void all_reduce_sum(std::span<std::int64_t> values) = 0;

  /// Makes `bytes` what rank `from` holds in it.
  virtual void broadcast(std::string& bytes, int from) = 0;

  /// Returns when all have called it.
  virtual void barrier() = 0;

 protected:
  ProcessGroup(int rank, int size) : rank_(rank), size_(size) {}

 private:
  int rank_, size_;
};

/// Waits until all processes of `launch` are there.
/// @param patience  seconds that the others may keep this rank waiting, now and in every later call
/// @param device    of this process
/// @throws InputError if they do not find each other, or this build has no Gloo; CheckError if one is lost while they connect
std::unique_ptr<ProcessGroup> join_process_group(const Launch& launch, double patience, const Device& device);

}  // namespace bitloom::train
