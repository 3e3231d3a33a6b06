#include "ir/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/error.h"

namespace bitloom {
namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

/// The last, which is where a node's use stands when nodes are erased from the end on.
void erase_one(std::vector<Node*>& nodes, const Node* node) {
  const auto found = std::find(nodes.rbegin(), nodes.rend(), node);
  assert(found != nodes.rend());
  nodes.erase(std::next(found).base());
}

template <class Where>
void check_axes(const Shape& shape, Where where) {
  if (shape.rank() > Graph::kMostAxes)
    throw InputError(where(), fmt::format("a tensor with {} axes", shape.rank()), fmt::format("use at most {}", Graph::kMostAxes));
}

}  // namespace

void Value::set_constant(Tensor tensor) {
  assert(is_constant());
  type_ = tensor.type();
  constant_ = std::make_shared<const Tensor>(std::move(tensor));
}

Node* Node::single_consumer() const {
  if (outputs_.size() != 1 || output()->consumers().size() != 1 || graph_->is_output(output())) return nullptr;
  return output()->consumers().front();
}

void Node::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  if (std::ranges::any_of(outputs, [](const Tensor& output) { return output.elements() > 0; })) op_->evaluate(inputs, outputs);
}

std::string Node::where() const { return fmt::format("{}: node '{}' ({})", graph_->name(), name_, op_->name()); }

Graph::Graph(std::string name) : name_(std::move(name)) {}
Graph::~Graph() = default;

Graph::Graph(Graph&& other) noexcept { *this = std::move(other); }

Graph& Graph::operator=(Graph&& other) noexcept {
  name_ = std::move(other.name_);
  values_ = std::move(other.values_);
  nodes_ = std::move(other.nodes_);
  inputs_ = std::move(other.inputs_);
  outputs_ = std::move(other.outputs_);
  names_ = std::move(other.names_);
  next_number_ = std::move(other.next_number_);
  preprocessing = std::move(other.preprocessing);
  class_names = std::move(other.class_names);
  for (const auto& node : nodes_) node->graph_ = this;
  return *this;
}

Graph Graph::clone() const {
  Graph copy(name_);
  copy.names_ = names_;
  copy.next_number_ = next_number_;
  copy.preprocessing = preprocessing;
  copy.class_names = class_names;

  std::unordered_map<const Value*, Value*> value_copy{{nullptr, nullptr}};
  for (const auto& value : values_) {
    auto& clone = copy.values_.emplace_back(std::make_unique<Value>());
    clone->name_ = value->name_;
    clone->type_ = value->type_;
    clone->constant_ = value->constant_;
    value_copy[value.get()] = clone.get();
  }
  std::unordered_map<const Node*, Node*> node_copy{{nullptr, nullptr}};
  for (const auto& node : nodes_) {
    auto& clone = copy.nodes_.emplace_back(std::make_unique<Node>());
    clone->graph_ = &copy;
    clone->name_ = node->name_;
    clone->op_ = node->op_->clone();
    for (const Value* input : node->inputs_) clone->inputs_.push_back(value_copy.at(input));
    for (const Value* output : node->outputs_) clone->outputs_.push_back(value_copy.at(output));
    node_copy[node.get()] = clone.get();
  }
  for (const auto& value : values_) {
    Value* clone = value_copy.at(value.get());
    clone->producer_ = node_copy.at(value->producer_);
    for (const Node* consumer : value->consumers_) clone->consumers_.push_back(node_copy.at(consumer));
  }
  for (const Value* input : inputs_) copy.inputs_.push_back(value_copy.at(input));
  for (const Value* output : outputs_) copy.outputs_.push_back(value_copy.at(output));
  return copy;
}

std::string Graph::unique_name(std::string wanted, std::string_view fallback) {
  if (wanted.empty()) wanted = lower_case(fallback);
  if (names_.insert(wanted).second) return wanted;
  int& number = next_number_.try_emplace(wanted, 2).first->second;
  for (;;)
    if (std::string name = fmt::format("{}_{}", wanted, number++); names_.insert(name).second) return name;
}

Value* Graph::add_value(std::string name, TensorType type) {
  auto& value = values_.emplace_back(std::make_unique<Value>());
  value->name_ = std::move(name);
  value->type_ = std::move(type);
  return value.get();
}

Value* Graph::add_input(std::string name, TensorType type) {
  check_axes(type.shape, [&] { return fmt::format("{}: input '{}'", name_, name); });
  inputs_.push_back(add_value(unique_name(std::move(name), "input"), std::move(type)));
  return inputs_.back();
}

Value* Graph::add_constant(std::string name, Tensor tensor) {
  return add_constant(std::move(name), std::make_shared<const Tensor>(std::move(tensor)));
}

Value* Graph::add_constant(std::string name, std::shared_ptr<const Tensor> tensor) {
  check_axes(tensor->shape(), [&] { return fmt::format("{}: constant '{}'", name_, name); });
  Value* value = add_value(unique_name(std::move(name), "constant"), tensor->type());
  value->constant_ = std::move(tensor);
  return value;
}

std::unique_ptr<Node> Graph::make_node(std::string name, std::unique_ptr<Op> op, std::vector<Value*> inputs) {
  while (!inputs.empty() && inputs.back() == nullptr) inputs.pop_back();
  auto node = std::make_unique<Node>();
  node->graph_ = this;
  node->name_ = name.empty() ? lower_case(op->name()) : std::move(name);
  node->op_ = std::move(op);
  node->inputs_ = std::move(inputs);
  std::vector<TensorType> types = node->op_->infer(*node);  // throws before the graph has changed
  for (const TensorType& type : types) check_axes(type.shape, [&] { return node->where(); });

  node->name_ = unique_name(node->name_, "");
  for (Value* input : node->inputs_)
    if (input) input->consumers_.push_back(node.get());
  for (std::size_t i = 0; i < types.size(); ++i) {
    std::string output_name = i == 0 ? node->name_ : unique_name(fmt::format("{}.{}", node->name_, i), "");
    Value* output = add_value(std::move(output_name), std::move(types[i]));
    output->producer_ = node.get();
    node->outputs_.push_back(output);
  }
  return node;
}

Node* Graph::add_node(std::string name, std::unique_ptr<Op> op, std::vector<Value*> inputs) {
  return nodes_.emplace_back(make_node(std::move(name), std::move(op), std::move(inputs))).get();
}

Node* Graph::insert_node(Node* position, std::string name, std::unique_ptr<Op> op, std::vector<Value*> inputs) {
  auto node = make_node(std::move(name), std::move(op), std::move(inputs));
  const auto at = std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& n) { return n.get() == position; });
  assert(at != nodes_.end());
  return nodes_.insert(at, std::move(node))->get();
}

void Graph::set_outputs(std::vector<Value*> outputs) { outputs_ = std::move(outputs); }

std::vector<Node*> Graph::nodes() const {
  std::vector<Node*> all;
  all.reserve(nodes_.size());
  for (const auto& node : nodes_) all.push_back(node.get());
  return all;
}

std::vector<Value*> Graph::constants() const {
  std::vector<Value*> found;
  for (const auto& value : values_)
    if (value->is_constant()) found.push_back(value.get());
  return found;
}

bool Graph::is_output(const Value* value) const { return std::find(outputs_.begin(), outputs_.end(), value) != outputs_.end(); }

std::int64_t Graph::macs() const {
  std::int64_t sum = 0;
  for (const auto& node : nodes_) sum += node->macs();
  return sum;
}

std::int64_t Graph::parameters() const {
  std::unordered_set<const Value*> counted;
  std::int64_t sum = 0;
  for (const auto& node : nodes_) {
    const auto operands = node->op().operands();
    for (std::size_t i = 0; i < node->inputs_.size(); ++i) {
      const Value* value = node->inputs_[i];
      // In a QDQ graph the parameter stands behind Quantize and Dequantize nodes.
      while (value && value->producer() && value->producer()->inputs_.size() == 1 && operands[i].role == OperandRole::kParameter)
        value = value->producer()->input(0);
      if (value && value->is_constant() && operands[i].role == OperandRole::kParameter && counted.insert(value).second)
        sum += value->shape().elements();
    }
  }
  return sum;
}

void Graph::set_input(Node* node, int index, Value* value) {
  const auto at = static_cast<std::size_t>(index);
  assert(at < node->op_->operands().size());
  if (at >= node->inputs_.size()) node->inputs_.resize(at + 1);  // an optional operand that was absent
  Value*& slot = node->inputs_[at];
  if (slot) erase_one(slot->consumers_, node);
  slot = value;
  if (value) value->consumers_.push_back(node);
}

void Graph::replace_op(Node* node, std::unique_ptr<Op> op) { node->op_ = std::move(op); }

void Graph::replace_all_uses(Value* from, Value* to) {
  assert(from != to);
  for (Node* consumer : std::exchange(from->consumers_, {})) {  // one entry a use
    std::replace(consumer->inputs_.begin(), consumer->inputs_.end(), from, to);
    to->consumers_.push_back(consumer);
  }
  std::replace(outputs_.begin(), outputs_.end(), from, to);
}

void Graph::erase_dead_nodes() {
  std::unordered_set<const Node*> dead;
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    Node* node = nodes_[i].get();
    const bool live = std::any_of(node->outputs_.begin(), node->outputs_.end(),
                                  [&](const Value* value) { return !value->consumers_.empty() || is_output(value); });
    if (live) continue;
    for (Value* input : node->inputs_)
      if (input) erase_one(input->consumers_, node);
    dead.insert(node);
  }
  std::erase_if(values_, [&](const auto& value) {
    const bool unread = value->is_constant() && value->consumers_.empty() && !is_output(value.get());
    return (unread || dead.contains(value->producer_)) && (names_.erase(value->name_), true);
  });
  std::erase_if(nodes_, [&](const auto& node) { return dead.contains(node.get()); });
  next_number_.clear();  // numbers are free again
}

void Graph::infer_types() {
  for (const auto& node : nodes_) {
    std::vector<TensorType> types = node->op_->infer(*node);
    assert(types.size() == node->outputs_.size());
    for (std::size_t i = 0; i < types.size(); ++i) node->outputs_[i]->type_ = std::move(types[i]);
  }
}

}  // namespace bitloom
