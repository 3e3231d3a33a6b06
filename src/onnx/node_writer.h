#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ir/graph.h"

namespace bitloom::onnx_format {

/// The ONNX graph that is being written: names in use, and the initializers, in the order in which nodes read them.
class GraphWriter {
 public:
  GraphWriter(const Graph& graph, onnx::GraphProto& proto);

  onnx::GraphProto& proto() { return proto_; }
  /// Name of an operand; a constant is written on its first use. @throws InputError naming `reader` if ONNX has no such
  /// integers.
  std::string operand_name(const Value* value, const Node& reader);
  /// A new initializer whose name begins with `name`. @return the name
  std::string add_initializer(const std::string& name, const Tensor& tensor, const Node& reader);
  std::string unique_name(const std::string& name);  ///< and takes it

 private:
  onnx::GraphProto& proto_;
  std::unordered_set<std::string> names_;
  std::unordered_set<const Value*> written_;
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
