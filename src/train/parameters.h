#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace bitloom::train {

/// Which elements of a weight belong to one input channel, so that they can be stored with the channel innermost, as the images are:
/// the graph holds [outer][channels][inner], memory [outer][inner][channels]. {1, 1, n} leaves the order alone.
struct Interleave {
  std::int64_t outer = 1, channels = 1, inner = 1;
  bool operator==(const Interleave&) const = default;
};

/// True for a Flatten whose result only a fully connected layer reads. Training leaves its input as it lies (H, W, C) and orders the
/// columns of that layer's weights likewise, which saves moving every activation twice per step.
bool flattens_in_place(const Node& node);

/// All numbers that training changes: what gradients move in one array, what is observed (the statistics of BatchNorm) in another. So an
/// optimizer, a checkpoint and "the best weights so far" are loops over flat arrays that know nothing of tensors.
class Parameters {
 public:
  struct Slice {
    const Value* value;
    OperandRole role;           ///< kParameter lies in `trainable`; kStatistic, and what is frozen, in `statistics`
    std::int64_t offset, count;
    Interleave order;
  };

  /// Collects the float constants of `graph` whose operand is a parameter or statistic, as they are or through a quantizer, in order of
  /// creation, with their values.
  /// The graph must outlive this object.
  /// @param frozen  names of nodes whose parameters stay as they are: they lie among the statistics
  explicit Parameters(const Graph& graph, std::set<std::string> frozen = {});

  const std::vector<Slice>& slices() const { return slices_; }
  const Slice* find(const Value& value) const;  ///< null for other values
  std::span<float> memory(const Slice& slice);
  bool is_frozen(const Node& node) const { return frozen_.contains(node.name()); }

  /// Sets the constants of `graph` (the one this was made from, or a clone) to the current values.
  void write_to(Graph& graph) const;

  std::vector<float> trainable, statistics;

 private:
  std::vector<Slice> slices_;
  std::set<std::string> frozen_;
};

}  // namespace bitloom::train
