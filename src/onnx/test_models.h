#pragma once

#include <onnx/onnx_pb.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "base/error.h"
#include "onnx/bytes.h"

namespace bitloom::onnx_format {

/// For tests: an ONNX model made node by node, as other programs would write it.
struct TestModel {
  onnx::ModelProto proto;

  explicit TestModel(std::initializer_list<std::int64_t> input_dims = {1, 2, 5, 5}) {
    proto.set_ir_version(7);
    proto.add_opset_import()->set_version(13);
    proto.mutable_graph()->set_name("test");
    onnx::ValueInfoProto& x = *proto.mutable_graph()->add_input();
    x.set_name("x");
    x.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t dim : input_dims)
      x.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(dim);
  }

  onnx::GraphProto& graph() { return *proto.mutable_graph(); }

  /// Node `name` with one output `name`, which becomes the model's output.
  onnx::NodeProto& node(const std::string& type, const std::string& name, std::initializer_list<const char*> inputs) {
    onnx::NodeProto& node = *graph().add_node();
    node.set_op_type(type);
    node.set_name(name);
    for (const char* input : inputs) node.add_input(input);
    node.add_output(name);
    graph().clear_output();
    graph().add_output()->set_name(name);
    return node;
  }

  onnx::TensorProto& floats(const std::string& name, std::initializer_list<std::int64_t> dims,
                            const std::vector<float>& values) {
    onnx::TensorProto& tensor = initializer(name, dims, onnx::TensorProto::FLOAT);
    for (const float value : values) tensor.add_float_data(value);
    return tensor;
  }
  onnx::TensorProto& integers(const std::string& name, std::initializer_list<std::int64_t> dims,
                              onnx::TensorProto::DataType type, const std::vector<int>& values) {
    onnx::TensorProto& tensor = initializer(name, dims, type);
    for (const int value : values) tensor.add_int32_data(value);
    return tensor;
  }
  onnx::TensorProto& initializer(const std::string& name, std::initializer_list<std::int64_t> dims, int type) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const std::int64_t dim : dims) tensor.add_dims(dim);
    return tensor;
  }

  Graph read() const { return from_bytes(proto.SerializeAsString(), "m.onnx"); }

  /// What reading fails with; "no error" when it does not.
  std::string error() const { return error_of_bytes(proto.SerializeAsString()); }

  static std::string error_of_bytes(const std::string& bytes) {
    try {
      from_bytes(bytes, "m.onnx");
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }
};

inline void set(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}
inline void set(onnx::NodeProto& node, const std::string& name, float value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(value);
}
inline void set(onnx::NodeProto& node, const std::string& name, const char* value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::STRING);
  attribute.set_s(value);
}
inline void set(onnx::NodeProto& node, const std::string& name, std::initializer_list<std::int64_t> values) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}

}  // namespace bitloom::onnx_format
