#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "engine/isa.h"
#include "ir/graph.h"

namespace bitloom::engine {

/// Where a step's tensors lie while it runs: each operand (null where an optional one is absent), each output, and the kernel's scratch.
/// Elements are stored as a Tensor stores them (ir/tensor.h), and lie on a boundary of 64 bytes unless they are constants.
struct Operands {
  std::span<const void* const> inputs;
  std::span<void* const> outputs;
  void* scratch;

  template <class T>
  const T* input(std::size_t i) const { return static_cast<const T*>(inputs[i]); }
  template <class T>
  T* output(std::size_t i = 0) const { return static_cast<T*>(outputs[i]); }
};

/// One node of a network, made ready for this processor: shapes known, weights packed. Keeps nothing of the graph, changes nothing while
/// it runs. Integers come out as Op::evaluate gives them, bit for bit.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual std::string_view name() const = 0;
  virtual std::size_t scratch_bytes() const { return 0; }
  virtual void run(const Operands& operands) const = 0;
};

/// The fastest kernel for `node`, whose constant operands stay as they are; the operator's own reference where there is no other.
std::unique_ptr<Kernel> make_kernel(const Node& node, Isa isa);

/// Whether the node's output is its first operand under another shape: nothing has to be done.
bool only_reshapes(const Node& node);

}  // namespace bitloom::engine
