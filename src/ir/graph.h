#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ir/op.h"
#include "ir/tensor.h"

namespace bitloom {

class Graph;
class Node;

/// A tensor in a graph: an input, a constant, or the output of a node.
class Value {
 public:
  const std::string& name() const { return name_; }
  const TensorType& type() const { return type_; }
  const Shape& shape() const { return type_.shape; }

  Node* producer() const { return producer_; }               ///< null for inputs and constants
  const std::vector<Node*>& consumers() const { return consumers_; }  ///< one entry per use: x + x has two
  bool is_constant() const { return constant_ != nullptr; }
  const Tensor& constant() const { return *constant_; }
  /// For another value that holds the same: weights are many, and a graph is copied by every pass.
  const std::shared_ptr<const Tensor>& shared_constant() const { return constant_; }
  void set_constant(Tensor tensor);                           ///< replaces data and type; the value must be a constant (assert)

 private:
  friend class Graph;
  friend class Node;
  std::string name_;
  TensorType type_;
  Node* producer_ = nullptr;
  std::vector<Node*> consumers_;
  std::shared_ptr<const Tensor> constant_;
};

class Node {
 public:
  const std::string& name() const { return name_; }
  const Graph& graph() const { return *graph_; }
  const Op& op() const { return *op_; }
  Op& op() { return *op_; }

  template <class T>
  bool is() const { return dynamic_cast<const T*>(op_.get()) != nullptr; }
  /// The operator as T, or null.
  template <class T>
  const T* as() const { return dynamic_cast<const T*>(op_.get()); }
  template <class T>
  T* as() { return dynamic_cast<T*>(op_.get()); }

  const std::vector<Value*>& inputs() const { return inputs_; }    ///< null where an optional operand is absent
  const std::vector<Value*>& outputs() const { return outputs_; }
  Value* input(int i) const { return i < static_cast<int>(inputs_.size()) ? inputs_[static_cast<std::size_t>(i)] : nullptr; }
  Value* output() const { return outputs_.front(); }
  Node* producer(int i) const { return input(i) ? input(i)->producer() : nullptr; }
  /// The only node that reads this node's only output, or null if there are several, none, or it is a graph output.
  Node* single_consumer() const;

  std::int64_t macs() const { return op_->macs(*this); }
  /// Op::evaluate, but for outputs without elements, which need nothing.
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const;
  /// "resnet8.onnx: node 'stage2/conv1' (Conv2d)": the `where` of an error about this node.
  std::string where() const;

 private:
  friend class Graph;
  Graph* graph_ = nullptr;
  std::string name_;
  std::unique_ptr<Op> op_;
  std::vector<Value*> inputs_, outputs_;
};

/// How an image becomes the network's input: x = (low + pixel/255 * (high - low) - mean[c]) / std[c], pixel in 0..255.
struct Preprocessing {
  float low = 0, high = 1;
  std::vector<float> mean, std;  ///< per channel; empty: 0 and 1
  bool operator==(const Preprocessing&) const = default;
};

/// A network: one meaning from the moment it is built or imported until hardware comes out. Nodes are kept in an order in which every
/// node comes after its producers. Owns its nodes and values; pointers to them stay valid until they are erased.
class Graph {
 public:
  explicit Graph(std::string name = "graph");
  Graph(Graph&&) noexcept;
  Graph& operator=(Graph&&) noexcept;
  ~Graph();
  Graph clone() const;

  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  /// Of a tensor: what walks its axes one inside the other may do so by calling itself.
  static constexpr int kMostAxes = 64;

  // Building. @throws InputError for a tensor with more axes. Names are made unique by appending "_2", "_3", ...; "" takes the operator's name in lower case.
  Value* add_input(std::string name, TensorType type);
  Value* add_constant(std::string name, Tensor tensor);
  Value* add_constant(std::string name, std::shared_ptr<const Tensor> tensor);
  /// Appends a node; its output types are inferred at once. @throws InputError if they cannot be.
  Node* add_node(std::string name, std::unique_ptr<Op> op, std::vector<Value*> inputs);
  template <class T>
  Value* add(std::string name, T op, std::vector<Value*> inputs) {
    return add_node(std::move(name), std::make_unique<T>(std::move(op)), std::move(inputs))->output();
  }
  /// As add_node, placed directly before `position`.
  Node* insert_node(Node* position, std::string name, std::unique_ptr<Op> op, std::vector<Value*> inputs);
  void set_outputs(std::vector<Value*> outputs);

  // Reading.
  const std::vector<Value*>& inputs() const { return inputs_; }
  const std::vector<Value*>& outputs() const { return outputs_; }
  std::vector<Node*> nodes() const;        ///< in execution order; a copy, so a pass may change the graph while it walks
  std::vector<Value*> constants() const;   ///< in order of creation
  template <class T>
  std::vector<Node*> nodes_of() const {
    std::vector<Node*> found;
    for (Node* node : nodes())
      if (node->is<T>()) found.push_back(node);
    return found;
  }
  bool is_output(const Value* value) const;
  std::int64_t macs() const;        ///< multiply-accumulates for one image
  std::int64_t parameters() const;  ///< elements of the constants that are kParameter operands

  // Rewriting.
  void set_input(Node* node, int index, Value* value);
  void replace_op(Node* node, std::unique_ptr<Op> op);  ///< types are inferred anew by `infer_types`
  void replace_all_uses(Value* from, Value* to);        ///< consumers and graph outputs
  void erase_dead_nodes();                              ///< nodes and constants that no output needs
  void infer_types();                                   ///< of every node output, in order

  Preprocessing preprocessing;
  std::vector<std::string> class_names;  ///< label i is class_names[i]; may be empty

 private:
  friend class Node;
  std::string unique_name(std::string wanted, std::string_view fallback);  ///< and takes it
  Value* add_value(std::string name, TensorType type);
  std::unique_ptr<Node> make_node(std::string name, std::unique_ptr<Op> op, std::vector<Value*> inputs);

  std::string name_;
  std::vector<std::unique_ptr<Value>> values_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<Value*> inputs_, outputs_;
  std::unordered_set<std::string> names_;  ///< of inputs, constants and nodes; a node's first output shares the node's name
  std::unordered_map<std::string, int> next_number_;  ///< below which all of a name's numbers are taken: a file may repeat one name
};

/// Checks what every pass must keep: nodes in order, names unique, operand counts, use lists, types as inferred, finite constants in the
/// range of their types. Runs after every pass. @throws InputError naming graph, node and both values.
void verify(const Graph& graph);

/// The graph as text, one node a line; equal graphs give equal text.
///   %conv1 = Conv2d(%image, %conv1.weight, %conv1.bias) {kernel [3, 3], pads [1, 1, 1, 1]} : float32[1x12x28x28]
std::string to_text(const Graph& graph);

}  // namespace bitloom
