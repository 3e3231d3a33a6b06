#include "passes/clean/channels_last.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/reduce.h"
#include "ir/ops/resize.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/slice.h"

namespace bitloom {
namespace {

using Perm = std::vector<int>;

std::size_t at(int axis) { return static_cast<std::size_t>(axis); }

const Perm* perm_of(const Value* value) {
  const Node* producer = value ? value->producer() : nullptr;
  return producer && producer->is<Transpose>() ? &producer->as<Transpose>()->perm : nullptr;
}

bool is_identity(const Perm& perm) { return std::ranges::is_sorted(perm); }

Perm inverse(const Perm& perm) {
  Perm result(perm.size());
  for (std::size_t i = 0; i < perm.size(); ++i) result[at(perm[i])] = static_cast<int>(i);
  return result;
}

/// Whether elements keep their order: all axes that are longer than 1 do. The batch counts as longer.
bool keeps_order(const Perm& perm, const Shape& x) {
  int last = -1;
  for (const int axis : perm) {
    if (axis != 0 && x[axis] == 1) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

/// Whether every element of the output comes from the elements in the same place alone, so that the node commutes with a Transpose.
bool is_elementwise(const Node& node) {
  if (const Quantize* op = node.as<Quantize>()) return !op->quantization.per_channel();
  if (node.is<Dequantize>()) return !node.input(0)->type().quantization->per_channel();
  return node.is<Elementwise>();
}

/// `list`, which has an entry per axis of a transposed tensor, for the axes of the original.
template <class T>
std::vector<T> per_original_axis(const std::vector<T>& list, const Perm& perm) {
  std::vector<T> result(list.size());
  for (std::size_t i = 0; i < perm.size(); ++i) result[at(perm[i])] = list[i];
  return result;
}

/// `perm` of the axes that are left when a reduction takes away `axes` of the transposed tensor.
Perm without(const std::vector<int>& axes, const Perm& perm) {
  Perm left;
  for (int axis = 0; axis < static_cast<int>(perm.size()); ++axis)
    if (!std::ranges::binary_search(axes, axis)) left.push_back(perm[at(axis)]);
  Perm result;
  for (const int axis : left) result.push_back(static_cast<int>(std::ranges::count_if(left, [=](int other) { return other < axis; })));
  return result;
}

/// The Transpose that is to stand behind an operator in place of the one before it.
Perm perm_behind(const Node& node, const Perm& perm) {
  const auto* reduction = dynamic_cast<const Reduction*>(&node.op());
  return reduction && !reduction->keep_dims ? without(reduction->axes, perm) : perm;
}

/// The operator that does to x what that of `node` does to Transpose(perm)(x), up to a Transpose behind it. Null: there is none.
std::unique_ptr<Op> before_transpose(const Node& node, const Perm& perm) {
  if (is_elementwise(node)) return node.op().clone();
  if (dynamic_cast<const Reduction*>(&node.op())) {
    std::unique_ptr<Op> moved = node.op().clone();
    std::vector<int>& axes = dynamic_cast<Reduction&>(*moved).axes;
    for (int& axis : axes) axis = perm[at(axis)];
    std::ranges::sort(axes);
    return moved;
  }
  if (const Concat* op = node.as<Concat>()) {
    auto moved = std::make_unique<Concat>(*op);
    moved->axis = perm[at(op->axis)];
    return moved;
  }
  if (const Pad* op = node.as<Pad>()) {
    auto moved = std::make_unique<Pad>(*op);
    moved->before = per_original_axis(op->before, perm);
    moved->after = per_original_axis(op->after, perm);
    return moved;
  }
  if (const Tile* op = node.as<Tile>()) {
    auto moved = std::make_unique<Tile>(*op);
    moved->repeats = per_original_axis(op->repeats, perm);
    return moved;
  }
  if (const Slice* op = node.as<Slice>()) {
    auto moved = std::make_unique<Slice>(*op);
    for (std::int64_t& axis : moved->axes) axis = perm[static_cast<std::size_t>(axis)];
    return moved;
  }
  if (const Resize* op = node.as<Resize>(); op && op->roi.empty()) {
    auto moved = std::make_unique<Resize>(*op);
    moved->sizes = per_original_axis(op->sizes, perm);
    moved->scales = per_original_axis(op->scales, perm);
    return moved;
  }
  return nullptr;
}

/// `tensor` with its axes in the order of `perm`, after as many of length 1 in front as it lacks.
Tensor transposed(Tensor tensor, const Perm& perm) {
  std::vector<std::int64_t> dims = tensor.shape().dims();
  dims.insert(dims.begin(), perm.size() - dims.size(), 1);
  tensor.reshape(Shape(dims));
  Transpose op;
  op.perm = perm;
  TensorType type = tensor.type();
  for (std::size_t i = 0; i < perm.size(); ++i) type.shape[static_cast<int>(i)] = dims[at(perm[i])];
  std::vector<Tensor> result{Tensor(type)};
  const Tensor* inputs[] = {&tensor};
  op.evaluate(inputs, result);
  return std::move(result.front());
}

class Cleaner {
 public:
  explicit Cleaner(Graph& graph) : graph_(graph) {}

  void run() {
    while (step()) graph_.erase_dead_nodes();
    graph_.erase_dead_nodes();
  }

 private:
  /// Makes one change. Each takes a Transpose away or moves it past a node, so the changes come to an end.
  bool step() {
    for (Node* node : graph_.nodes())
      if (turn_input(*node) || merge(*node) || end_at_reshape(*node) || end_in_weights(*node) || push(*node)) return true;
    return false;
  }

  /// A graph whose input is what the Transpose, its only reader, makes of it.
  bool turn_input(Node& node) {
    const Value* input = node.input(0);
    static const Perm kToChannelsFirst{0, 3, 1, 2};
    if (!node.is<Transpose>() || node.as<Transpose>()->perm != kToChannelsFirst || input->producer() || input->is_constant()) return false;
    if (input->consumers().size() != 1 || graph_.is_output(input)) return false;
    Graph turned(graph_.name());
    turned.preprocessing = graph_.preprocessing;
    turned.class_names = graph_.class_names;
    std::unordered_map<const Value*, Value*> copies{{nullptr, nullptr}};
    for (const Value* each : graph_.inputs())
      copies[each] = turned.add_input(each->name(), each == input ? node.output()->type() : each->type());
    for (const Value* each : graph_.constants()) copies[each] = turned.add_constant(each->name(), each->shared_constant());
    copies[node.output()] = copies.at(input);
    for (const Node* each : graph_.nodes()) {
      if (each == &node) continue;
      std::vector<Value*> inputs;
      for (const Value* value : each->inputs()) inputs.push_back(copies.at(value));
      const Node* copy = turned.add_node(each->name(), each->op().clone(), std::move(inputs));
      for (std::size_t i = 0; i < each->outputs().size(); ++i) copies[each->outputs()[i]] = copy->outputs()[i];
    }
    std::vector<Value*> outputs;
    for (const Value* each : graph_.outputs()) outputs.push_back(copies.at(each));
    turned.set_outputs(std::move(outputs));
    graph_ = std::move(turned);
    return true;
  }

  /// Two Transposes in a row are one; one that changes nothing is none.
  bool merge(Node& node) {
    if (!node.is<Transpose>()) return false;
    const Perm perm = node.as<Transpose>()->perm;
    if (is_identity(perm)) {
      graph_.replace_all_uses(node.output(), node.input(0));
      return true;
    }
    const Perm* first = perm_of(node.input(0));
    if (!first) return false;
    auto both = std::make_unique<Transpose>();
    for (const int axis : perm) both->perm.push_back((*first)[at(axis)]);
    graph_.set_input(&node, 0, node.producer(0)->input(0));
    graph_.replace_op(&node, std::move(both));
    return true;
  }

  /// Where the order of the elements stays, the next shape says all.
  bool end_at_reshape(Node& node) {
    const Perm* perm = node.is<Flatten>() || node.is<Reshape>() ? perm_of(node.input(0)) : nullptr;
    if (!perm) return false;
    Value* x = node.producer(0)->input(0);
    const bool flattens_alike = node.is<Reshape>() || (x->shape().rank() >= 2 && x->shape()[0] == node.output()->shape()[0]);
    if (!keeps_order(*perm, x->shape()) || !flattens_alike ||
        (x->type().quantization && x->type().quantization->per_channel()))
      return false;
    graph_.set_input(&node, 0, x);
    return true;
  }

  /// Transpose -> Flatten -> Gemm: the Gemm's columns take the order of the elements before the Transpose.
  bool end_in_weights(Node& node) {
    const Perm* perm = node.is<Flatten>() ? perm_of(node.input(0)) : nullptr;
    Node* gemm = node.single_consumer();
    if (!perm || perm->front() != 0 || !gemm || !gemm->is<Gemm>() || gemm->input(0) != node.output()) return false;
    Node* dequantize = gemm->producer(1);
    const bool is_qdq = dequantize && dequantize->is<Dequantize>() && dequantize->single_consumer() == gemm;
    Value* weights = is_qdq ? dequantize->input(0) : gemm->input(1);
    if (!weights->is_constant() || (weights->type().quantization && weights->type().quantization->axis > 0)) return false;

    const Shape flat = weights->shape();
    Value* x = node.producer(0)->input(0);
    std::vector<std::int64_t> dims{flat[0]};  // of the columns as the Flatten has them: the transposed tensor's
    for (int axis = 1; axis < x->shape().rank(); ++axis) dims.push_back(node.input(0)->shape()[axis]);
    Tensor tensor = weights->constant();
    tensor.reshape(Shape(std::move(dims)));
    tensor = transposed(std::move(tensor), inverse(*perm));
    tensor.reshape(flat);
    if (weights->consumers().size() == 1)
      weights->set_constant(std::move(tensor));
    else
      graph_.set_input(is_qdq ? dequantize : gemm, is_qdq ? 0 : 1, graph_.add_constant(weights->name(), std::move(tensor)));
    graph_.set_input(&node, 0, x);
    return true;
  }

  /// Whether an operand has a form before the Transpose: it is what the same Transpose makes of another, or a constant to be turned back.
  bool can_precede(const Value* value, const Perm& perm) const {
    if (!value) return true;
    if (const Perm* other = perm_of(value)) return *other == perm;
    return value->is_constant() && value->shape().rank() <= static_cast<int>(perm.size()) &&
           !(value->type().quantization && value->type().quantization->per_channel());
  }

  /// f(Transpose(x), ...) -> Transpose(f'(x, ...)).
  bool push(Node& node) {
    const auto first = std::ranges::find_if(node.inputs(), [](const Value* value) { return perm_of(value) != nullptr; });
    if (first == node.inputs().end() || node.outputs().size() != 1 || node.is<Transpose>()) return false;
    const Perm perm = *perm_of(*first);
    if (!std::ranges::all_of(node.inputs(), [&](const Value* value) { return can_precede(value, perm); })) return false;
    std::unique_ptr<Op> moved = before_transpose(node, perm);
    if (!moved) return false;

    const std::vector<Node*> order = graph_.nodes();
    const auto next = std::ranges::find(order, &node) + 1;
    Value* output = node.output();
    const std::vector<Node*> readers = output->consumers();
    auto transpose = std::make_unique<Transpose>();
    transpose->perm = perm_behind(node, perm);
    const std::string name = node.name() + ".transposed";
    Node* behind = next == order.end() ? graph_.add_node(name, std::move(transpose), {output})
                                       : graph_.insert_node(*next, name, std::move(transpose), {output});
    for (Node* reader : readers)
      for (int i = 0; i < static_cast<int>(reader->inputs().size()); ++i)
        if (reader->input(i) == output) graph_.set_input(reader, i, behind->output());
    std::vector<Value*> outputs = graph_.outputs();
    std::ranges::replace(outputs, output, behind->output());
    graph_.set_outputs(std::move(outputs));

    for (int i = 0; i < static_cast<int>(node.inputs().size()); ++i) {
      Value* value = node.input(i);
      if (!value) continue;
      graph_.set_input(&node, i,
                       perm_of(value) ? value->producer()->input(0)
                                      : graph_.add_constant(value->name() + ".transposed",
                                                            transposed(value->constant(), inverse(perm))));
    }
    graph_.replace_op(&node, std::move(moved));
    graph_.infer_types();
    return true;
  }

  Graph& graph_;
};

int transposes_in(const Graph& graph) { return static_cast<int>(graph.nodes_of<Transpose>().size()); }

}  // namespace

int channels_last_to_first(Graph& graph, Notes* notes) {
  const int before = transposes_in(graph);
  if (before == 0) return 0;
  Graph cleaned = graph.clone();
  Cleaner(cleaned).run();
  const int saved = before - transposes_in(cleaned);
  if (saved > 0) graph = std::move(cleaned);
  for (const Node* node : graph.nodes_of<Transpose>()) {
    const auto& readers = node->output()->consumers();
    note(notes, fmt::format("{}: left by channels_last_to_first: {}", node->where(),
                            readers.empty() ? "it makes an output" : fmt::format("'{}' reads it", readers.front()->name())));
  }
  return saved > 0 ? saved : 0;
}

}  // namespace bitloom
