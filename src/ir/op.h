#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ir/tensor.h"
#include "ir/type.h"

namespace bitloom {

class Node;

/// What an operand of an operator is to it. Training updates kParameter by gradient and kStatistic by observation.
enum class OperandRole { kData, kParameter, kStatistic };

struct OperandInfo {
  std::string_view name;
  OperandRole role = OperandRole::kData;
  bool optional = false;  ///< may be absent; only trailing operands are
};

/// An attribute as the text dump and `inspect` show it.
using AttributeValue = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>>;
using Attributes = std::vector<std::pair<std::string_view, AttributeValue>>;

/// An operator: its attributes, its shape and type rule, and its arithmetic as a plain scalar reference. Everything that Bitloom makes of
/// an operator (training, CPU kernels, RTL) is tested for agreement with `evaluate`, bit for bit once the tensors are integers.
/// One file per operator under ops/; the list of all is ops/all_ops.cpp.
class Op {
 public:
  virtual ~Op() = default;
  virtual std::string_view name() const = 0;
  virtual std::span<const OperandInfo> operands() const = 0;
  virtual Attributes attributes() const { return {}; }
  virtual std::unique_ptr<Op> clone() const = 0;

  /// Types of the outputs from the types of the node's inputs. @throws InputError naming graph, node, both values and the fix.
  virtual std::vector<TensorType> infer(const Node& node) const = 0;

  /// The reference. `inputs[i]` is null for an absent optional operand; `outputs` come allocated with the inferred types, except that
  /// N may be larger than the graph's 1 when all data inputs have that N. At least one output has an element (see Node::evaluate).
  virtual void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const = 0;

  /// Whether N images stacked along axis 0 of the data inputs give N results stacked along axis 0 of the outputs. Where an operator looks
  /// across axis 0 (a transpose that moves it, a mean over it), images are run one by one.
  virtual bool stacks_images(const Node&) const { return true; }

  /// Multiply-accumulates for one image.
  virtual std::int64_t macs(const Node&) const { return 0; }

  /// About how many steps `evaluate` takes for one image: what a file may ask of its reader is bounded by it. Operators that look at
  /// their input more than once for an element of their output say so.
  virtual double steps(const Node& node) const;
};

/// Supplies name() and clone() from `static constexpr std::string_view kName` and the copy constructor. Operators that differ in little
/// share a `Base` that does the rest.
template <class Derived, class Base = Op>
class OpBase : public Base {
 public:
  std::string_view name() const final { return Derived::kName; }
  std::unique_ptr<Op> clone() const final { return std::make_unique<Derived>(static_cast<const Derived&>(*this)); }
};

/// Base of operators whose every output element comes from the elements in its place alone, operands being broadcast (ops/broadcast.h).
struct Elementwise : Op {};

/// Names of all operators, for messages ("choose one of ...").
std::span<const std::string_view> all_op_names();

}  // namespace bitloom
