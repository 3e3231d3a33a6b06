#pragma once

#include <functional>
#include <vector>

#include "ir/graph.h"

namespace bitloom {

/// Runs a graph on the operators' references. Slow and right: everything faster is tested against it.
class Interpreter {
 public:
  explicit Interpreter(const Graph& graph);

  /// Called with every node output (and graph input) as it is computed.
  using Observer = std::function<void(const Value& value, const Tensor& tensor)>;

  /// @param inputs  one tensor per graph input, of its type but for N
  /// @return        one tensor per graph output
  std::vector<Tensor> run(std::vector<Tensor> inputs, const Observer& observer = {}) const;
  Tensor run(Tensor input) const;  ///< for graphs with one input and one output

 private:
  std::vector<Tensor> run_stacked(std::vector<Tensor> inputs, std::int64_t n, const Observer& observer) const;
  const Graph& graph_;
  const bool stacks_images_;  ///< every operator does, so any number of images is run at once
};

/// The first node that looks across the images of a batch (Op::stacks_images), and reads them; null when there is none.
const Node* first_node_across_images(const Graph& graph);

/// The network input for one image: pixels in 0..255, channel planes, through graph.preprocessing. float32[1xCxHxW].
Tensor preprocess(const Graph& graph, std::span<const std::uint8_t> pixels);

}  // namespace bitloom
