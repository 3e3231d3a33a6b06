#include "mutate_model.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "onnx/operator.h"

namespace bitloom::fuzz {
namespace {

using google::protobuf::RepeatedField;
using google::protobuf::RepeatedPtrField;
using onnx::GraphProto;
using onnx::TensorProto;

/// Tensors that are filled anew stay as small as this: a mutant is to be read in microseconds.
constexpr std::int64_t kMostFilled = 1024;

template <class List>
int any_index(const List& list, RandomStream& random) {
  return static_cast<int>(random.below(static_cast<std::uint64_t>(list.size())));
}
template <class T>
T* any(RepeatedPtrField<T>& list, RandomStream& random) {
  return list.empty() ? nullptr : list.Mutable(any_index(list, random));
}
bool one_in(std::uint64_t n, RandomStream& random) { return random.below(n) == 0; }

std::int64_t any_number(RandomStream& random) {
  constexpr std::int64_t kNumbers[] = {-1, 0, 1, 2, 3, 4, 5, 7, 8, 13, 127, 128, 255, 65535, 65536, 1 << 24, std::int64_t{1} << 31, std::int64_t{1} << 40,
                                       std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
  return one_in(2, random) ? static_cast<std::int64_t>(random.below(9)) - 3 : kNumbers[random.below(std::size(kNumbers))];
}

float any_real(RandomStream& random) {
  constexpr float kReals[] = {0, -0.0f, 1, -1, 0.5f, 2, 1e-30f, -1e30f, 3e38f, 65536, std::numeric_limits<float>::infinity(),
                              std::numeric_limits<float>::quiet_NaN()};
  return one_in(2, random) ? static_cast<float>(random.uniform(-3, 3)) : kReals[random.below(std::size(kReals))];
}

/// Replaces, appends or removes a number.
void change_list(RepeatedField<std::int64_t>& list, RandomStream& random) {
  if (list.empty() || one_in(6, random)) {
    list.Add(any_number(random));
  } else if (one_in(6, random)) {
    list.RemoveLast();
  } else if (one_in(4, random)) {
    list.SwapElements(any_index(list, random), any_index(list, random));
  } else {
    list.Set(any_index(list, random), any_number(random));
  }
}

int any_type(RandomStream& random) {
  constexpr int kTypes[] = {TensorProto::FLOAT, TensorProto::FLOAT, TensorProto::INT64, TensorProto::INT32, TensorProto::INT8, TensorProto::UINT8,
                            TensorProto::BOOL};
  return one_in(3, random) ? static_cast<int>(random.below(24)) : kTypes[random.below(std::size(kTypes))];
}

/// Gives the tensor elements of its type for its dimensions, unless they ask for many.
void fill(TensorProto& tensor, RandomStream& random) {
  std::int64_t count = 1;
  for (const std::int64_t dim : tensor.dims()) {
    if (dim < 0 || dim > kMostFilled) return;
    count *= dim;
    if (count > kMostFilled) return;
  }
  tensor.clear_raw_data();
  tensor.clear_float_data();
  tensor.clear_double_data();
  tensor.clear_int32_data();
  tensor.clear_int64_data();
  tensor.clear_uint64_data();
  const bool all_alike = one_in(2, random);
  std::int64_t number = any_number(random);
  float real = any_real(random);
  for (std::int64_t i = 0; i < count; ++i) {
    if (!all_alike) number = any_number(random), real = any_real(random);
    switch (tensor.data_type()) {
      case TensorProto::FLOAT:
        tensor.add_float_data(real);
        break;
      case TensorProto::DOUBLE:
        tensor.add_double_data(real);
        break;
      case TensorProto::INT64:
        tensor.add_int64_data(number);
        break;
      case TensorProto::UINT32:
      case TensorProto::UINT64:
        tensor.add_uint64_data(static_cast<std::uint64_t>(number));
        break;
      default:
        tensor.add_int32_data(static_cast<std::int32_t>(number));
    }
  }
}

void change_tensor(TensorProto& tensor, RandomStream& random) {
  switch (random.below(4)) {
    case 0:
      change_list(*tensor.mutable_dims(), random);
      break;
    case 1:
      tensor.set_data_type(any_type(random));
      break;
    case 2:
      if (tensor.has_raw_data() && !tensor.raw_data().empty())
        tensor.mutable_raw_data()->at(random.below(tensor.raw_data().size())) = static_cast<char>(random.below(256));
      return;
    default:
      break;
  }
  if (!one_in(4, random)) fill(tensor, random);  // else what it holds contradicts what it says
}

std::vector<std::string> tensor_names(const GraphProto& graph) {
  std::vector<std::string> names;
  for (const auto& input : graph.input()) names.push_back(input.name());
  for (const auto& tensor : graph.initializer()) names.push_back(tensor.name());
  for (const auto& node : graph.node()) names.insert(names.end(), node.output().begin(), node.output().end());
  return names;
}

std::string any_tensor(const GraphProto& graph, RandomStream& random) {
  const std::vector<std::string> names = tensor_names(graph);
  return names.empty() || one_in(30, random) ? (one_in(2, random) ? "" : "nowhere") : names[random.below(names.size())];
}

std::string new_name(const GraphProto& graph, RandomStream& random) {
  return "t" + std::to_string(graph.node_size()) + "_" + std::to_string(random.below(1000));
}

/// Makes a reader, or the model's output, read `name`.
void feed(GraphProto& graph, int first_node, const std::string& name, RandomStream& random) {
  if (graph.output_size() > 0 && one_in(2, random)) {
    onnx::ValueInfoProto& output = *any(*graph.mutable_output(), random);
    output.set_name(name);
    output.mutable_type()->mutable_tensor_type()->clear_shape();
    return;
  }
  if (first_node >= graph.node_size()) return;
  auto& reader = *graph.mutable_node(first_node + static_cast<int>(random.below(static_cast<std::uint64_t>(graph.node_size() - first_node))));
  if (reader.input_size() > 0) *any(*reader.mutable_input(), random) = name;
}

void change_edge(GraphProto& graph, RandomStream& random) {
  onnx::NodeProto* node = any(*graph.mutable_node(), random);
  if (!node) return;
  if (node->input_size() == 0 || one_in(5, random))
    node->add_input(any_tensor(graph, random));
  else if (one_in(8, random))
    node->mutable_input()->RemoveLast();
  else
    *any(*node->mutable_input(), random) = any_tensor(graph, random);
}

void change_operator(GraphProto& graph, RandomStream& random) {
  onnx::NodeProto* node = any(*graph.mutable_node(), random);
  if (!node) return;
  const auto families = onnx_format::all_operators();
  const auto& family = families[random.below(families.size())];
  const onnx_format::Operator& chosen = family[random.below(family.size())];
  node->set_op_type(std::string(chosen.onnx_name));
  node->set_domain(std::string(chosen.domain));
  if (one_in(2, random)) node->clear_attribute();
  while (node->input_size() < chosen.min_inputs) node->add_input(any_tensor(graph, random));
  while (node->input_size() > chosen.max_inputs) node->mutable_input()->RemoveLast();
}

void change_attribute(GraphProto& graph, RandomStream& random) {
  onnx::NodeProto* node = any(*graph.mutable_node(), random);
  onnx::AttributeProto* attribute = node ? any(*node->mutable_attribute(), random) : nullptr;
  if (!attribute) return;
  if (one_in(10, random)) return node->mutable_attribute()->RemoveLast();
  switch (attribute->type()) {
    case onnx::AttributeProto::INT:
      return attribute->set_i(any_number(random));
    case onnx::AttributeProto::FLOAT:
      return attribute->set_f(any_real(random));
    case onnx::AttributeProto::INTS:
      return change_list(*attribute->mutable_ints(), random);
    case onnx::AttributeProto::FLOATS:
      return attribute->add_floats(any_real(random));
    case onnx::AttributeProto::TENSOR:
      return change_tensor(*attribute->mutable_t(), random);
    default:
      attribute->set_type(static_cast<onnx::AttributeProto::AttributeType>(random.below(12)));
  }
}

void change_nodes(GraphProto& graph, RandomStream& random) {
  if (graph.node_size() == 0) return;
  const int at = any_index(graph.node(), random);
  switch (random.below(3)) {
    case 0:
      if (graph.node_size() > 1) graph.mutable_node()->DeleteSubrange(at, 1);
      return;
    case 1:
      return graph.mutable_node()->SwapElements(at, any_index(graph.node(), random));
    default: {
      onnx::NodeProto& copy = *graph.add_node();
      copy = graph.node(at);
      for (std::string& output : *copy.mutable_output()) output = new_name(graph, random);
      if (copy.input_size() > 0) *any(*copy.mutable_input(), random) = any_tensor(graph, random);
      if (copy.output_size() > 0) feed(graph, graph.node_size(), copy.output(0), random);
    }
  }
}

/// Turns an input into a constant of its shape, or one of the constants into an input.
void exchange_input(GraphProto& graph, RandomStream& random) {
  if (graph.input_size() > 0 && one_in(2, random)) {
    const int at = any_index(graph.input(), random);
    const onnx::TypeProto::Tensor& type = graph.input(at).type().tensor_type();
    TensorProto& tensor = *graph.add_initializer();
    tensor.set_name(graph.input(at).name());
    tensor.set_data_type(type.elem_type());
    for (const auto& dim : type.shape().dim()) tensor.add_dims(dim.has_dim_value() ? dim.dim_value() : 1);
    fill(tensor, random);
    if (one_in(2, random)) graph.mutable_input()->DeleteSubrange(at, 1);
  } else if (graph.initializer_size() > 0) {
    const int at = any_index(graph.initializer(), random);
    onnx::ValueInfoProto& input = *graph.add_input();
    input.set_name(graph.initializer(at).name());
    onnx::TypeProto::Tensor& type = *input.mutable_type()->mutable_tensor_type();
    type.set_elem_type(one_in(2, random) ? graph.initializer(at).data_type() : TensorProto::FLOAT);
    for (const std::int64_t dim : graph.initializer(at).dims()) type.mutable_shape()->add_dim()->set_dim_value(dim);
    graph.mutable_initializer()->DeleteSubrange(at, 1);
  }
}

void change_interface(GraphProto& graph, RandomStream& random) {
  onnx::ValueInfoProto* value = any(one_in(3, random) ? *graph.mutable_output() : *graph.mutable_input(), random);
  if (!value) return;
  onnx::TypeProto::Tensor& type = *value->mutable_type()->mutable_tensor_type();
  if (one_in(4, random)) return type.set_elem_type(any_type(random));
  if (one_in(6, random)) return value->set_name(any_tensor(graph, random));
  auto& dims = *type.mutable_shape()->mutable_dim();
  if (dims.empty() || one_in(6, random))
    dims.Add()->set_dim_value(any_number(random));
  else if (one_in(6, random))
    dims.RemoveLast();
  else
    any(dims, random)->set_dim_value(any_number(random));
}

void change_initializer(GraphProto& graph, RandomStream& random) {
  if (TensorProto* tensor = any(*graph.mutable_initializer(), random)) change_tensor(*tensor, random);
}

void change_name(GraphProto& graph, RandomStream& random) {
  const std::string name = any_tensor(graph, random);
  if (onnx::NodeProto* node = any(*graph.mutable_node(), random); node && node->output_size() > 0)
    (one_in(2, random) ? *node->mutable_output(0) : *node->mutable_name()) = name;
}

}  // namespace

void mutate(onnx::ModelProto& model, RandomStream& random) {
  using Change = void (*)(GraphProto&, RandomStream&);
  constexpr Change kChanges[] = {change_attribute, change_attribute, change_attribute, change_edge,      change_edge, change_operator,  change_nodes,
                                 exchange_input,   change_interface, change_initializer, change_initializer, change_name};
  if (one_in(20, random) && model.opset_import_size() > 0)
    return model.mutable_opset_import(0)->set_version(static_cast<std::int64_t>(random.below(22)));
  kChanges[random.below(std::size(kChanges))](*model.mutable_graph(), random);
}

void take_node(onnx::ModelProto& model, const onnx::ModelProto& other, RandomStream& random) {
  if (other.graph().node_size() == 0) return;
  GraphProto& graph = *model.mutable_graph();
  onnx::NodeProto node = other.graph().node(any_index(other.graph().node(), random));
  for (std::string& input : *node.mutable_input()) {
    const auto& held = other.graph().initializer();
    const auto constant = std::ranges::find_if(held, [&](const TensorProto& tensor) { return tensor.name() == input; });
    input = constant == held.end() ? any_tensor(graph, random) : new_name(graph, random);
    if (constant == held.end()) continue;
    TensorProto& copy = *graph.add_initializer();
    copy = *constant;
    copy.set_name(input);
  }
  node.clear_name();
  for (std::string& output : *node.mutable_output()) output = new_name(graph, random);
  for (const auto& opset : other.opset_import())
    if (opset.domain() == node.domain() && !node.domain().empty()) *model.add_opset_import() = opset;
  // Somewhere in the middle, where what it reads may not be there yet, or at the end.
  *graph.add_node() = node;
  const int at = one_in(2, random) ? graph.node_size() - 1 : any_index(graph.node(), random);
  for (int i = graph.node_size() - 1; i > at; --i) graph.mutable_node()->SwapElements(i, i - 1);
  if (node.output_size() > 0) feed(graph, at + 1, node.output(0), random);
}

}  // namespace bitloom::fuzz
