#include "onnx/node_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

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
  TensorType type{Shape{columns, rows}, matrix.type().element, matrix.type().quantization};
  if (type.quantization && type.quantization->per_channel()) type.quantization->axis = 1 - type.quantization->axis;
  Tensor result(type);
  result.visit([&](auto to) {
    const auto from = matrix.values<typename decltype(to)::value_type>();
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j)
        to[static_cast<std::size_t>(j * rows + i)] = from[static_cast<std::size_t>(i * columns + j)];
  });
  return result;
}

void check_size(const Value& value, const std::string& where) {
  if (!is_reasonable(value.shape()))
    throw InputError(where, "its output would have dimensions " + to_string(value.shape()), "the file is damaged; export it again");
}

/// One scale is one scale, whether it is said of the tensor or of its only channel.
bool mean_the_same(const std::optional<Quantization>& a, const Quantization& b) {
  return a && a->scales == b.scales && a->zero_point == b.zero_point && a->zero_points == b.zero_points &&
         (a->axis == b.axis || b.scales.size() == 1);
}

}  // namespace

std::string one_line(std::string name) {
  std::ranges::replace_if(
      name, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '_');
  return name;
}

void Scope::add_constant(const std::string& name, Tensor tensor) {
  constants_.emplace(name, std::make_shared<const Tensor>(std::move(tensor)));
}

void Scope::define(const std::string& name, Value* value) {
  values_.emplace(name, value);
}

int Scope::declared(const std::string& name) const {
  const auto found = declared_.find(name);
  return found == declared_.end() ? onnx::TensorProto::UNDEFINED : found->second;
}

const Tensor* Scope::constant(const std::string& name) const {
  if (const auto found = constants_.find(name); found != constants_.end()) return found->second.get();
  const auto computed = values_.find(name);  // folded, or made by a node
  return computed != values_.end() && computed->second->is_constant() ? &computed->second->constant() : nullptr;
}

Tensor Scope::decoded(const onnx::TensorProto& proto, const std::string& where) {
  constexpr double kStepsPerElement = 16;  // weights pass through a few casts, transposes and products
  Tensor tensor = is_external(proto) ? decode(external_data_.embedded(proto, where), where) : decode(proto, where);
  folding_steps_left_ += kStepsPerElement * static_cast<double>(tensor.elements());
  return tensor;
}

void Scope::spend(double steps, const std::string& where, const std::string& what) {
  folding_steps_left_ -= steps;
  if (folding_steps_left_ < 0) throw InputError(where, what + ", too much to compute while reading", "store it in the file, or compute it from the image");
}

std::vector<Value*> Scope::add(const std::string& name, std::unique_ptr<Op> op, std::vector<Value*> inputs, bool fold) {
  const auto is_known = [](const Value* value) { return !value || value->is_constant(); };
  if (fold && !inputs.empty() && std::ranges::all_of(inputs, is_known)) return folded(name, std::move(op), inputs);
  const Node* node = graph.add_node(name, std::move(op), std::move(inputs));
  for (const Value* output : node->outputs()) check_size(*output, node->where());
  return node->outputs();
}

std::vector<Value*> Scope::folded(const std::string& name, std::unique_ptr<Op> op, const std::vector<Value*>& inputs) {
  Graph scratch(file);
  std::vector<Value*> operands;
  std::vector<const Tensor*> tensors;
  for (const Value* input : inputs) {
    operands.push_back(input ? scratch.add_constant(input->name(), input->shared_constant()) : nullptr);
    tensors.push_back(input ? &input->constant() : nullptr);
  }
  const Node* node = scratch.add_node(name, std::move(op), std::move(operands));
  for (const Value* output : node->outputs()) check_size(*output, node->where());
  spend(node->op().steps(*node), node->where(), "it is a constant of " + to_string(node->output()->shape()));
  std::vector<Tensor> results;
  for (const Value* output : node->outputs()) results.emplace_back(output->type());
  tensors.resize(node->inputs().size());
  try {
    node->evaluate(tensors, results);
  } catch (const InputError& error) {  // of an element, which an operator names without the node
    throw InputError(node->where(), error.what());
  }
  std::vector<Value*> constants;
  for (std::size_t i = 0; i < results.size(); ++i)
    constants.push_back(graph.add_constant(i == 0 ? name : fmt::format("{}.{}", name, i), std::move(results[i])));
  return constants;
}

Value* Scope::value(const std::string& name) {
  if (const auto found = values_.find(name); found != values_.end()) return found->second;
  const auto tensor = constants_.find(name);
  if (tensor == constants_.end()) return nullptr;
  return values_[name] = graph.add_constant(one_line(name), tensor->second);
}

const TensorType* Scope::integer_input(const std::string& name) const {
  const auto found = integer_inputs_.find(name);
  return found == integer_inputs_.end() ? nullptr : &found->second;
}

Value* Scope::quantized(const std::string& name, const Quantization& quantization) {
  if (const auto found = integer_inputs_.find(name); found != integer_inputs_.end()) {
    Quantize op;
    op.element = found->second.element;
    op.quantization = quantization;
    Value* real = graph.add_input(one_line(name), {found->second.shape, ElementType::float32(), {}});
    integer_inputs_.erase(found);
    return values_[name] = graph.add(one_line(name) + ".quantized", op, {real});
  }
  const auto value = values_.find(name);
  if (value != values_.end() && (value->second->type().quantization || !value->second->is_constant()))
    return mean_the_same(value->second->type().quantization, quantization) ? value->second : nullptr;
  const Tensor* known = constant(name);
  if (!known) return nullptr;
  Tensor tensor = *known;
  tensor.set_quantization(quantization);
  return values_[name] = graph.add_constant(one_line(name), std::move(tensor));
}

Value* Scope::transposed(Value* matrix) {
  assert(matrix->shape().rank() == 2);
  if (const auto found = transposed_.find(matrix); found != transposed_.end()) return found->second;
  const std::string name = matrix->name() + ".transposed";
  Value* result = nullptr;
  if (matrix->is_constant()) {
    spend(static_cast<double>(matrix->shape().elements()), fmt::format("{}: constant '{}'", file, printable(matrix->name())), "it is to be transposed");
    result = graph.add_constant(name, transpose(matrix->constant()));
  } else if (const Node* node = matrix->producer(); node && node->is<Dequantize>() && node->input(0)->is_constant()) {
    result = graph.add(name, Dequantize{}, {transposed(node->input(0))});
  }
  return transposed_[matrix] = result;
}

NodeReader::NodeReader(const onnx::NodeProto& proto, Scope& scope) : proto_(proto), scope_(scope) {
  const auto output = std::ranges::find_if(proto.output(), [](const std::string& name) { return !name.empty(); });
  const bool has_one = output != proto.output().end();
  name_ = one_line(proto.name().empty() && has_one ? *output : proto.name());
  if (!has_one) refuse("it has no output", "the file is damaged; export it again");
}

std::string NodeReader::where() const {
  return fmt::format("{}: node '{}' ({})", scope_.file, printable(name_), printable(proto_.op_type()));
}

void NodeReader::refuse(const std::string& what, const std::string& fix) const {
  throw InputError(where(), what, fix);
}

TensorType NodeReader::integer_type(int i) {
  const std::string& name = input_name(i);
  if (const TensorType* type = scope_.integer_input(name)) return *type;
  if (const Tensor* tensor = scope_.constant(name)) return tensor->type();
  return defined(name)->type();
}

Value* NodeReader::defined(const std::string& name) const {
  if (const TensorType* type = scope_.integer_input(name))
    refuse(fmt::format("it reads input '{}' of {}, which has no scale before it", printable(name), to_string(type->element)),
           "dequantize that input first");
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
  if (!scope_.is_defined(input_name(i))) defined(input_name(i));
  const Tensor* tensor = scope_.constant(input_name(i));
  if (!tensor)
    refuse(fmt::format("the {} ('{}') is not a constant", meaning, printable(input_name(i))),
           "fold constants when exporting");
  return *tensor;
}

std::vector<std::int64_t> NodeReader::integers_input(int i, const std::string& meaning) {
  const Tensor& tensor = constant_input(i, meaning);
  if (tensor.is_float() || tensor.shape().rank() > 1)
    refuse(fmt::format("the {} is {}, not a list of integers", meaning, to_string(tensor.type())), "the file is damaged; export it again");
  allow_constant(tensor.shape());
  return tensor.visit([](auto values) {
    std::vector<std::int64_t> list;
    for (const auto value : values) list.push_back(static_cast<std::int64_t>(value));
    return list;
  });
}

std::vector<float> NodeReader::reals_input(int i, const std::string& meaning) {
  const Tensor& tensor = constant_input(i, meaning);
  if (!tensor.is_float() || tensor.shape().rank() > 1)
    refuse(fmt::format("the {} is {}, not a list of floats", meaning, to_string(tensor.type())), "the file is damaged; export it again");
  allow_constant(tensor.shape());
  return {tensor.floats().begin(), tensor.floats().end()};
}

int NodeReader::axis_of(std::int64_t axis, int rank) const {
  if (axis < -rank || axis >= rank) refuse(fmt::format("axis {} of a tensor with {} axes", axis, rank), "choose one that it has");
  return static_cast<int>(axis < 0 ? axis + rank : axis);
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

bool NodeReader::has_attribute(const std::string& name) const {
  return std::ranges::any_of(proto_.attribute(), [&](const AttributeProto& attribute) { return attribute.name() == name; });
}

std::vector<std::int64_t> NodeReader::integers(const std::string& name) {
  const AttributeProto* attribute = find(name, AttributeProto::INTS);
  return attribute ? std::vector<std::int64_t>(attribute->ints().begin(), attribute->ints().end()) : std::vector<std::int64_t>();
}

std::vector<float> NodeReader::reals(const std::string& name) {
  const AttributeProto* attribute = find(name, AttributeProto::FLOATS);
  return attribute ? std::vector<float>(attribute->floats().begin(), attribute->floats().end()) : std::vector<float>();
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
  return scope_.decoded(attribute->t(), where());
}

std::vector<int> NodeReader::geometry(const std::string& name, int count, int low) {
  constexpr std::int64_t kHigh = 65536;
  const AttributeProto* attribute = find(name, AttributeProto::INTS);
  if (!attribute) return {};
  if (attribute->ints_size() != count)
    refuse(fmt::format("{} has {} entries, not {}", name, attribute->ints_size(), count),
           "give one for each axis of the image");
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

void NodeReader::add(std::unique_ptr<Op> op, std::vector<Value*> inputs) {
  const std::vector<Value*> outputs = scope_.add(name_, std::move(op), std::move(inputs), /*fold=*/true);
  for (std::size_t i = 0; i < outputs.size(); ++i) define_output(static_cast<int>(i), outputs[i]);
}

void NodeReader::define_output(int i, Value* value) {
  if (has_output(i)) scope_.define(proto_.output(i), value);
}

void NodeReader::allow_constant(const Shape& shape) const {
  const std::string what = "it would compute a constant of " + to_string(shape);
  if (!is_reasonable(shape)) refuse(what, "the file is damaged; export it again");
  scope_.spend(static_cast<double>(shape.elements()), where(), what);
}

void NodeReader::define_constant(Tensor tensor) {
  scope_.add_constant(proto_.output(0), std::move(tensor));
}

void NodeReader::check_operator() const {
  if (find_by_onnx_name(proto_.domain(), proto_.op_type())) return;
  const bool is_standard = canonical_domain(proto_.domain()) == kStandard;
  const std::string domain = is_standard ? "" : fmt::format(" of domain '{}'", printable(proto_.domain()));
  refuse("operator" + domain + " not supported", "docs/onnx.md lists those that are; export the network without it");
}

void NodeReader::read() {
  const Operator& known = *find_by_onnx_name(proto_.domain(), proto_.op_type());
  if (proto_.input_size() < known.min_inputs || proto_.input_size() > known.max_inputs)
    refuse(fmt::format("{} input{}, where it takes {} to {}", proto_.input_size(), proto_.input_size() == 1 ? "" : "s", known.min_inputs,
                       known.max_inputs));
  known.read(*this);
  for (const AttributeProto& attribute : proto_.attribute())
    if (!asked_.contains(attribute.name())) refuse("attribute '" + printable(attribute.name()) + "' is not supported");
  for (int i = 0; i < proto_.output_size(); ++i)
    if (has_output(i) && !scope_.is_defined(proto_.output(i)))
      refuse(fmt::format("its output {} ('{}') is not supported", i + 1, printable(proto_.output(i))), "export a model for inference");
}

}  // namespace bitloom::onnx_format
