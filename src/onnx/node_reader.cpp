#include "onnx/node_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "ir/ops/quantization.h"
#include "onnx/operator.h"
#include "onnx/tensor_proto.h"

namespace bitloom::onnx_format {
namespace {

using onnx::AttributeProto;

Tensor transpose(const Tensor& matrix) {
  const std::int64_t rows = matrix.shape()[0], columns = matrix.shape()[1];
  const auto exchange = [&](auto from, auto to) {
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j)
        to[static_cast<std::size_t>(j * rows + i)] = from[static_cast<std::size_t>(i * columns + j)];
  };
  TensorType type{Shape{columns, rows}, matrix.type().element, matrix.type().quantization};
  if (type.quantization && type.quantization->per_channel()) type.quantization->axis = 1 - type.quantization->axis;
  Tensor result(type);
  matrix.is_float() ? exchange(matrix.floats(), result.floats()) : exchange(matrix.integers(), result.integers());
  return result;
}

}  // namespace

std::string one_line(std::string name) {
  std::ranges::replace_if(
      name, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '_');
  return name;
}

void Scope::add_constant(const std::string& name, Tensor tensor) {
  constants_.emplace(name, std::move(tensor));
}

void Scope::define(const std::string& name, Value* value) {
  values_.emplace(name, value);
}

const Tensor* Scope::constant(const std::string& name) const {
  const auto found = constants_.find(name);
  return found == constants_.end() ? nullptr : &found->second;
}

Value* Scope::value(const std::string& name) {
  if (const auto found = values_.find(name); found != values_.end()) return found->second;
  const Tensor* tensor = constant(name);
  if (!tensor) return nullptr;
  return values_[name] = graph.add_constant(one_line(name), *tensor);
}

Value* Scope::quantized_constant(const std::string& name, const Quantization& quantization) {
  if (const auto found = values_.find(name); found != values_.end())
    return found->second->type().quantization == quantization ? found->second : nullptr;
  Tensor tensor = *constant(name);
  tensor.set_quantization(quantization);
  return values_[name] = graph.add_constant(one_line(name), std::move(tensor));
}

Value* Scope::transposed(Value* matrix) {
  if (const auto found = transposed_.find(matrix); found != transposed_.end()) return found->second;
  const std::string name = matrix->name() + ".transposed";
  Value* result = nullptr;
  if (matrix->is_constant()) {
    result = graph.add_constant(name, transpose(matrix->constant()));
  } else if (const Node* node = matrix->producer(); node && node->is<Dequantize>() && node->input(0)->is_constant()) {
    result = graph.add(name, Dequantize{}, {transposed(node->input(0))});
  }
  return transposed_[matrix] = result;
}

void Scope::erase_replaced() {
  if (!transposed_.empty()) graph.erase_dead_nodes();
}

NodeReader::NodeReader(const onnx::NodeProto& proto, Scope& scope) : proto_(proto), scope_(scope) {
  const std::string first_output = proto.output_size() > 0 ? proto.output(0) : "";
  name_ = one_line(proto.name().empty() ? first_output : proto.name());
  if (first_output.empty()) refuse("it has no output", "the file is damaged; export it again");
  for (int i = 1; i < proto.output_size(); ++i)
    if (!proto.output(i).empty())
      refuse(fmt::format("its output {} ('{}') is not supported", i + 1, printable(proto.output(i))),
             "export a model for inference");
}

std::string NodeReader::where() const {
  return fmt::format("{}: node '{}' ({})", scope_.file, printable(name_), printable(proto_.op_type()));
}

void NodeReader::refuse(const std::string& what, const std::string& fix) const {
  throw InputError(where(), what, fix);
}

Value* NodeReader::defined(const std::string& name) const {
  Value* value = scope_.value(name);
  if (!value)
    refuse(fmt::format("input '{}' is not computed before it", printable(name)),
           "a model's nodes stand in order and form no cycle");
  return value;
}

Value* NodeReader::input(int i) {
  if (!has_input(i)) refuse(fmt::format("input {} is missing", i + 1), "the file is damaged; export it again");
  return defined(input_name(i));
}

Value* NodeReader::optional_input(int i) {
  return has_input(i) ? defined(input_name(i)) : nullptr;
}

const Tensor& NodeReader::constant_input(int i, const std::string& meaning) {
  if (!has_input(i))
    refuse(fmt::format("input {}, the {}, is missing", i + 1, meaning), "the file is damaged; export it again");
  const Tensor* tensor = scope_.constant(input_name(i));
  if (!tensor)
    refuse(fmt::format("the {} ('{}') is not a constant", meaning, printable(input_name(i))),
           "fold constants when exporting");
  return *tensor;
}

const AttributeProto* NodeReader::find(const std::string& name, AttributeProto::AttributeType type) {
  asked_.insert(name);
  const AttributeProto* found = nullptr;
  for (const AttributeProto& attribute : proto_.attribute()) {
    if (attribute.name() != name) continue;
    if (found) refuse("attribute '" + name + "' is given twice", "the file is damaged; export it again");
    found = &attribute;
  }
  if (found && found->type() != type)
    refuse("attribute '" + name + "' is not of type " + AttributeProto::AttributeType_Name(type),
           "the file is damaged; export it again");
  return found;
}

std::int64_t NodeReader::integer(const std::string& name, std::int64_t fallback) {
  const AttributeProto* attribute = find(name, AttributeProto::INT);
  return attribute ? attribute->i() : fallback;
}

float NodeReader::real(const std::string& name, float fallback) {
  const AttributeProto* attribute = find(name, AttributeProto::FLOAT);
  return attribute ? attribute->f() : fallback;
}

std::string NodeReader::text(const std::string& name, const std::string& fallback) {
  const AttributeProto* attribute = find(name, AttributeProto::STRING);
  return attribute ? attribute->s() : fallback;
}

Tensor NodeReader::tensor(const std::string& name) {
  const AttributeProto* attribute = find(name, AttributeProto::TENSOR);
  if (!attribute) refuse("attribute '" + name + "' is missing", "supported: a constant given as a tensor");
  return decode(attribute->t(), where());
}

std::vector<int> NodeReader::geometry(const std::string& name, int count, int low) {
  constexpr std::int64_t kHigh = 65536;
  const AttributeProto* attribute = find(name, AttributeProto::INTS);
  if (!attribute) return {};
  if (attribute->ints_size() != count)
    refuse(fmt::format("{} has {} entries, not {}", name, attribute->ints_size(), count),
           "only two-dimensional images are supported");
  std::vector<int> values;
  for (const std::int64_t value : attribute->ints()) {
    if (value < low || value > kHigh)
      refuse(fmt::format("{} holds {}", name, value), fmt::format("supported: {} to {}", low, kHigh));
    values.push_back(static_cast<int>(value));
  }
  return values;
}

void NodeReader::require_integer(const std::string& name, std::int64_t only, const std::string& meaning) {
  const std::int64_t value = integer(name, only);
  if (value != only)
    refuse(fmt::format("{} = {} is not supported", name, value), fmt::format("only {} ({})", only, meaning));
}

void NodeReader::define_output(Value* value) {
  if (!is_reasonable(value->shape()))
    refuse("its output would have dimensions " + to_string(value->shape()), "reduce the pads");
  scope_.define(proto_.output(0), value);
}

void NodeReader::define_constant(Tensor tensor) {
  scope_.add_constant(proto_.output(0), std::move(tensor));
}

void NodeReader::check_operator() const {
  const bool default_domain = proto_.domain().empty() || proto_.domain() == "ai.onnx";
  if (default_domain && find_by_onnx_name(proto_.op_type())) return;
  const std::string domain = default_domain ? "" : fmt::format(" of domain '{}'", printable(proto_.domain()));
  refuse("operator" + domain + " not supported", "supported: " + join(operator_names(), ", "));
}

void NodeReader::read() {
  const Operator& known = *find_by_onnx_name(proto_.op_type());
  if (proto_.input_size() > known.max_inputs)
    refuse(fmt::format("{} inputs, where it takes {} to {}", proto_.input_size(), known.min_inputs, known.max_inputs));
  known.read(*this);
  for (const AttributeProto& attribute : proto_.attribute())
    if (!asked_.contains(attribute.name())) refuse("attribute '" + printable(attribute.name()) + "' is not supported");
}

}  // namespace bitloom::onnx_format
