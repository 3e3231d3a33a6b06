#include "onnx/node_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "ir/ops/fake_quantize.h"
#include "onnx/operator.h"
#include "onnx/operators/qonnx.h"
#include "onnx/tensor_proto.h"

namespace bitloom::onnx_format {

using onnx::AttributeProto;

GraphWriter::GraphWriter(const Graph& graph, onnx::GraphProto& proto, std::int64_t opset) : proto_(proto), opset_(opset) {
  for (const Value* input : graph.inputs()) names_.insert(input->name());
  for (const Value* constant : graph.constants()) names_.insert(constant->name());
  for (const Node* node : graph.nodes())
    for (const Value* output : node->outputs()) names_.insert(output->name());
}

std::string GraphWriter::operand_name(const Value* value, const Node& reader) {
  if (!value) return "";
  if (const auto same = aliases_.find(value); same != aliases_.end()) return same->second->name();
  return value->is_constant() ? stand_in(value, value->constant(), reader) : value->name();
}

std::string GraphWriter::stand_in(const Value* constant, const Tensor& tensor, const Node& reader) {
  if (written_.insert(constant).second) {
    names_.erase(constant->name());  // so far only reserved
    add_initializer(constant->name(), tensor, reader);
  }
  return constant->name();
}

std::string GraphWriter::unique_name(const std::string& name) {
  std::string unique = name;
  for (int n = 2; !names_.insert(unique).second; ++n) unique = fmt::format("{}_{}", name, n);
  return unique;
}

std::string GraphWriter::add_initializer(const std::string& name, const Tensor& tensor, const Node& reader) {
  const std::string unique = unique_name(name);
  std::optional<onnx::TensorProto> initializer = encode(tensor, unique);
  if (!initializer)
    throw InputError(reader.where(),
                     fmt::format("{} has no place in ONNX's QDQ form ('{}')", to_string(tensor.type().element), unique),
                     "quantize to 8 bits");
  *proto_.add_initializer() = std::move(*initializer);
  return unique;
}

AttributeProto& NodeWriter::attribute(const std::string& name, AttributeProto::AttributeType type) {
  AttributeProto& attribute = *proto_.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

void NodeWriter::integer(const std::string& name, std::int64_t value) {
  attribute(name, AttributeProto::INT).set_i(value);
}

void NodeWriter::real(const std::string& name, float value) {
  attribute(name, AttributeProto::FLOAT).set_f(value);
}

void NodeWriter::integers(const std::string& name, const std::vector<std::int64_t>& values) {
  AttributeProto& list = attribute(name, AttributeProto::INTS);
  for (const std::int64_t value : values) list.add_ints(value);
}

void NodeWriter::text(const std::string& name, std::string_view value) {
  attribute(name, AttributeProto::STRING).set_s(std::string(value));
}

void NodeWriter::begin(const std::string& op_type, std::string_view domain, const Value* output) {
  proto_.set_name(node_.name());
  proto_.set_op_type(op_type);
  proto_.set_domain(std::string(domain));
  proto_.add_output(output->name());
}

void NodeWriter::refuse(const std::string& what, const std::string& fix) const { throw InputError(node_.where(), what, fix); }

onnx::NodeProto& NodeWriter::node_before(const std::string& type, const std::string& suffix) {
  onnx::NodeProto& step = *graph_.proto().add_node();
  // This node is the last but one now; nodes stand in the order in which they are computed.
  graph_.proto().mutable_node()->SwapElements(graph_.proto().node_size() - 2, graph_.proto().node_size() - 1);
  step.set_name(graph_.unique_name(node_.name() + suffix));
  step.set_op_type(type);
  step.add_output(step.name());
  return step;
}

void NodeWriter::add_batched_shape_input(const std::string& suffix, const Shape& of_one_image) {
  const auto add_list = [&](onnx::NodeProto& step, const std::string& what, std::vector<std::int64_t> values) {
    const Shape shape{static_cast<std::int64_t>(values.size())};
    step.add_input(graph_.add_initializer(node_.name() + suffix + what, Tensor::int64(shape, std::move(values)), node_));
  };
  onnx::NodeProto& shape = node_before("Shape", suffix + ".all");
  shape.add_input(proto_.input(0));
  onnx::NodeProto& batch = node_before("Slice", suffix + ".batch");
  batch.add_input(shape.name());
  add_list(batch, ".batch.starts", {0});
  add_list(batch, ".batch.ends", {1});
  onnx::NodeProto& whole = node_before("Concat", suffix);
  whole.add_input(batch.name());
  add_list(whole, ".image", {of_one_image.dims().begin() + 1, of_one_image.dims().end()});
  onnx::AttributeProto& axis = *whole.add_attribute();
  axis.set_name("axis");
  axis.set_type(AttributeProto::INT);
  axis.set_i(0);
  proto_.add_input(whole.name());
}

void NodeWriter::add_constant_input(const std::string& suffix, const Tensor& tensor) {
  proto_.add_input(graph_.add_initializer(node_.name() + suffix, tensor, node_));
}

std::string NodeWriter::add_scalar(const std::string& suffix, float value) {
  return graph_.add_initializer(node_.name() + "." + suffix, Tensor(Shape{}, std::vector<float>{value}), node_);
}

std::string NodeWriter::add_step(const std::string& onnx_name, const std::string& suffix, const std::vector<std::string>& inputs,
                                 const std::vector<std::pair<std::string, float>>& attributes) {
  const std::string name = graph_.unique_name(node_.name() + "." + suffix);
  onnx::NodeProto& step = *graph_.proto().add_node();
  step.set_name(name);
  step.set_op_type(onnx_name);
  for (const std::string& input : inputs) step.add_input(input);
  step.add_output(name);
  for (const auto& [attribute_name, value] : attributes) {
    AttributeProto& attribute = *step.add_attribute();
    attribute.set_name(attribute_name);
    attribute.set_type(AttributeProto::FLOAT);
    attribute.set_f(value);
  }
  const int last = graph_.proto().node_size() - 1;
  graph_.proto().mutable_node()->SwapElements(last - 1, last);  // this node stays the last
  return name;
}

void NodeWriter::become(const std::string& onnx_name, const std::vector<std::string>& inputs) {
  proto_.set_op_type(onnx_name);
  proto_.clear_input();
  for (const std::string& input : inputs) proto_.add_input(input);
}

onnx::NodeProto& NodeWriter::add_follower(const std::string& onnx_name, const std::string& suffix) {
  const std::string name = graph_.unique_name(node_.name() + "." + suffix);
  onnx::NodeProto& follower = *graph_.proto().add_node();
  follower.set_name(name);
  follower.set_op_type(onnx_name);
  follower.add_input(name);
  follower.add_output(proto_.output(0));
  proto_.set_output(0, name);
  return follower;
}

void NodeWriter::write() {
  if (needs_qonnx(node_)) return write_quantizer(*this);
  if (node_.is<FakeQuantize>())
    refuse("has a scale that is being trained, which no file can say", "settle the graph first (passes/quantize/settle.h)");
  const Operator* known = find_by_op_name(node_.op().name());
  const auto is_integer = [](const Value* value) { return value && !value->type().element.is_float; };
  if (!known || (!known->takes_integers && std::ranges::any_of(node_.inputs(), is_integer)))
    throw InputError(node_.where(), "ONNX has no such operator on integers",
                     "write the QDQ graph that this one was lowered from");
  proto_.set_name(node_.name());
  proto_.set_op_type(std::string(known->onnx_name));
  for (const Value* input : node_.inputs()) proto_.add_input(graph_.operand_name(input, node_));
  for (const Value* output : node_.outputs()) {
    if (data_type(output->type().element) == onnx::TensorProto::UNDEFINED)
      throw InputError(node_.where(),
                       fmt::format("{} has no place in ONNX's QDQ form", to_string(output->type().element)),
                       "quantize to 8 bits");
    proto_.add_output(output->name());
  }
  known->write(*this);
}

}  // namespace bitloom::onnx_format
