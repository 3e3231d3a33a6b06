#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/isa.h"
#include "engine/kernel.h"
#include "ir/graph.h"

namespace bitloom::engine {

/// A network made ready for this processor: what depends on weights alone is computed, weights are packed for their kernels, and every value
/// has its place in one block of memory. Nothing of the graph is kept, and nothing changes while images pass through, so any number of
/// threads may run one engine, each with a workspace of its own.
///
/// Integers are the reference's (ir/interpreter.h), bit for bit. Convolutions and fully connected layers of floats are summed in float32 in the
/// order of the formula (by fused multiply-adds, but for depthwise ones), the same bits on every processor; the reference sums in double.
class Engine {
 public:
  explicit Engine(const Graph& graph, Isa isa = available_isa());

  /// The memory that one image passes through.
  class Workspace {
   public:
    explicit Workspace(const Engine& engine);

   private:
    friend class Engine;
    struct Free {
      void operator()(std::byte* block) const;
    };
    std::unique_ptr<std::byte, Free> block_;
  };

  /// Called with the floats that a node has computed for an image, while they lie in the workspace; not for what is a constant or only reshapes.
  using Observer = std::function<void(const std::string& node, std::span<const float> values)>;

  /// @param inputs  one tensor per graph input, of its type but for N, the number of images
  /// @return        one tensor per graph output; images are stacked along axis 0
  std::vector<Tensor> run(const std::vector<Tensor>& inputs, Workspace& workspace, const Observer& observer = {}) const;

  struct StepInfo {
    std::string node, op;
    std::string_view kernel;
  };
  std::vector<StepInfo> steps() const;
  std::size_t workspace_bytes() const { return workspace_bytes_; }

 private:
  /// Where a value lies: a constant, or an offset in the workspace.
  struct Place {
    std::shared_ptr<const Tensor> constant;
    std::size_t offset = 0;
  };
  struct Step {
    std::string node, op;
    std::unique_ptr<Kernel> kernel;
    std::vector<Place> inputs;
    std::vector<bool> absent;          ///< of the inputs
    std::vector<std::size_t> outputs;  ///< offsets
    std::vector<std::size_t> floats;   ///< how many each output has; 0 where it is of integers
    std::size_t scratch = 0;           ///< offset
  };
  struct Port {
    std::string name;
    TensorType type;
    Place place;
  };
  class Builder;

  void run_image(std::byte* block, const Observer& observer) const;

  std::string name_;
  std::vector<Step> steps_;
  std::vector<Port> inputs_, outputs_;
  std::size_t workspace_bytes_ = 0;
};

}  // namespace bitloom::engine
