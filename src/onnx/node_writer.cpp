#include "onnx/node_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
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

std::string GraphWriter::add_initializer(const std::string& name, const Tensor& tensor, const Node& reader) {
  std::string unique = name;
  for (int n = 2; !names_.insert(unique).second; ++n) unique = fmt::format("{}_{}", name, n);
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

void NodeWriter::add_constant_input(const std::string& suffix, const Tensor& tensor) {
  proto_.add_input(graph_.add_initializer(node_.name() + suffix, tensor, node_));
}

void NodeWriter::write() {
  if (needs_qonnx(node_)) return write_quantizer(*this);
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
