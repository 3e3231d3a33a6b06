#pragma once

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ir/graph.h"

namespace bitloom::onnx_format {

/// The ONNX graph that is being written: names in use, and the initializers, in the order in which nodes read them.
class GraphWriter {
 public:
  GraphWriter(const Graph& graph, onnx::GraphProto& proto, std::int64_t opset);

  onnx::GraphProto& proto() { return proto_; }
  std::int64_t opset() const { return opset_; }                 ///< that is being written
  std::int64_t lowest_opset() const { return lowest_opset_; }   ///< that has all that was written; where it is higher, write again
  void require_opset(std::int64_t opset) { lowest_opset_ = std::max(lowest_opset_, opset); }
  /// Name of an operand; a constant is written on its first use. @throws InputError naming `reader` if ONNX has no such
  /// integers.
  std::string operand_name(const Value* value, const Node& reader);
  /// `name`, or the first of NAME_2, NAME_3, ... that nothing has; it is taken from then on.
  std::string unique_name(const std::string& name);
  /// A new initializer whose name begins with `name`. @return the name
  std::string add_initializer(const std::string& name, const Tensor& tensor, const Node& reader);
  void alias(const Value* value, const Value* same) { aliases_[value] = same; }
  /// Writes `tensor` in place of a constant, under its name. @return the name
  std::string stand_in(const Value* constant, const Tensor& tensor, const Node& reader);

 private:
  onnx::GraphProto& proto_;
  const std::int64_t opset_;
  std::int64_t lowest_opset_ = 0;
  std::unordered_set<std::string> names_;
  std::unordered_set<const Value*> written_;
  std::unordered_map<const Value*, const Value*> aliases_;
};

/// One node of ours, and the ONNX node that the functions in operators/ make of it.
class NodeWriter {
 public:
  NodeWriter(const Node& node, GraphWriter& graph) : node_(node), graph_(graph), proto_(*graph.proto().add_node()) {}

  const Node& node() const { return node_; }
  template <class T>
  const T& op() const {
    return *node_.as<T>();
  }

  // Attributes, written also where they equal ONNX's default: a reader need not know it, nor in which opset it changed.
  void integer(const std::string& name, std::int64_t value);
  void real(const std::string& name, float value);
  void integers(const std::string& name, const std::vector<std::int64_t>& values);
  void text(const std::string& name, std::string_view value);
  /// Appends an input that is not an operand of ours, named like the node with `suffix`.
  void add_constant_input(const std::string& suffix, const Tensor& tensor);
  void add_absent_input() { proto_.add_input(""); }
  /// Appends an input like `of_one_image`, but with the batch of the node's first operand in front: ONNX nodes before this one compute it.
  void add_batched_shape_input(const std::string& suffix, const Shape& of_one_image);

  [[noreturn]] void refuse(const std::string& what, const std::string& fix) const;

  // For operators that are not one node there as here.
  /// The ONNX node: its operator, and the value that is its output.
  void begin(const std::string& op_type, std::string_view domain, const Value* output);
  void add_input(const Value* value) { proto_.add_input(graph_.operand_name(value, node_)); }
  void add_stand_in(const Value* constant, const Tensor& tensor) { proto_.add_input(graph_.stand_in(constant, tensor, node_)); }
  void alias(const Value* value, const Value* same) { graph_.alias(value, same); }  ///< `value` is written as `same`

  // An operator of ours that opset 13 can say in several nodes only. Reading puts them together again.
  std::string input_name(int i) const { return proto_.input(i); }
  /// A constant for those nodes. @return its name
  std::string add_scalar(const std::string& suffix, float value);
  /// A node NAME.suffix before this one, with one output. @return the output's name
  std::string add_step(const std::string& onnx_name, const std::string& suffix, const std::vector<std::string>& inputs,
                       const std::vector<std::pair<std::string, float>>& attributes = {});
  /// Makes this node, which computes the result, another operator of ONNX's.
  void become(const std::string& onnx_name, const std::vector<std::string>& inputs);
  /// A node NAME.suffix behind this one, which computes the result from this node's output.
  onnx::NodeProto& add_follower(const std::string& onnx_name, const std::string& suffix);

  std::int64_t opset() const { return graph_.opset(); }
  /// Says that ONNX has what is written only from this opset on: the model gets the lowest opset that all its nodes can be written in.
  void require_opset(std::int64_t opset) { graph_.require_opset(opset); }

  /// Writes the node by the function in the table. @throws InputError when ONNX has no operator for it.
  void write();

 private:
  onnx::AttributeProto& attribute(const std::string& name, onnx::AttributeProto::AttributeType type);
  onnx::NodeProto& node_before(const std::string& type, const std::string& suffix);  ///< a new one, with one output

  const Node& node_;
  GraphWriter& graph_;
  onnx::NodeProto& proto_;
};

}  // namespace bitloom::onnx_format
