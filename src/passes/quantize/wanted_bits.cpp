#include "passes/quantize/wanted_bits.h"

#include <algorithm>

#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/shape_ops.h"
#include "passes/lower/integer_form.h"

namespace bitloom {
namespace {

/// Its integer form is exact until it is narrowed and, on the way, cut off where a Relu or Clip behind it says.
bool is_exact_until_narrowed(const Node& node) {
  const IntegerForm form = integer_form(node);
  return form == IntegerForm::kSum || form == IntegerForm::kPair;
}
bool is_cut(const Node& node) { return integer_form(node) == IntegerForm::kCut; }
/// Whether the cut is that of the one exact result before it.
bool narrows_its_producer(const Node& node) {
  return node.producer(0) && is_exact_until_narrowed(*node.producer(0)) && node.producer(0)->single_consumer() == &node;
}

bool is_quantized_after(const Node& node, const Node* classifier) {
  if (&node == classifier) return false;
  switch (integer_form(node)) {
    case IntegerForm::kSum:
    case IntegerForm::kPair:
      return !(node.single_consumer() && is_cut(*node.single_consumer()));
    case IntegerForm::kCut:
      return narrows_its_producer(node) || !node.is<Relu>();  // a Relu elsewhere keeps its input's integers
    case IntegerForm::kJoin:
    case IntegerForm::kFunction:
      return true;
    case IntegerForm::kMove:
    case IntegerForm::kQuantizer:
    case IntegerForm::kNothing:
      return false;
  }
  return false;
}

/// Whether the node hands on the quantization of what it reads.
bool keeps_format(const Node& node) {
  const IntegerForm form = integer_form(node);
  return form == IntegerForm::kMove || form == IntegerForm::kNothing || (node.is<Relu>() && !narrows_its_producer(node));
}

}  // namespace

bool has_weights(const Node& node) { return node.is<Conv2d>() || node.is<Gemm>(); }

bool is_data(const Node& node, int i) { return node.op().operands()[static_cast<std::size_t>(i)].role == OperandRole::kData; }

const Value& source_of_format(const Value& value) {
  const Node* node = value.producer();
  return node && keeps_format(*node) ? source_of_format(*node->input(node->input(0)->is_constant() ? 1 : 0)) : value;
}

bool stays_float(const Node& layer, const QuantizeOptions& options) {
  const auto own = options.layers.find(layer.name());
  return own != options.layers.end() && own->second.is_float();
}

int weight_bits(const Node& layer, const Node* classifier, const QuantizeOptions& options) {
  const auto own = options.layers.find(layer.name());
  if (own != options.layers.end() && own->second.weights > 0) return own->second.weights;
  const Value* input = layer.graph().inputs().front();
  const bool is_outer = &layer == classifier || &source_of_format(*layer.input(0)) == input;
  return is_outer && options.first_last_bits > 0 ? options.first_last_bits : options.weight_bits;
}

const Node* find_classifier(const Graph& graph) {
  const Node* node = graph.outputs().front()->producer();
  if (node && node == final_softmax(graph)) node = node->producer(0);
  while (node && node->is<Flatten>()) node = node->producer(0);
  if (!node || !has_weights(*node)) return nullptr;
  return node->output()->consumers().size() + (graph.is_output(node->output()) ? 1 : 0) == 1 ? node : nullptr;
}

int WantedBits::of_layer_input(const Node& layer) const {
  const auto own = options_.layers.find(layer.name());
  if (own != options_.layers.end() && own->second.activations > 0) return own->second.activations;
  const bool is_outer = &layer == classifier_ || graph_.inputs().front() == &source_of_format(*layer.input(0));
  return is_outer && options_.first_last_bits > 0 ? options_.first_last_bits : options_.activation_bits;
}

int WantedBits::of(const Value& value) const {
  const auto [known, is_new] = known_.try_emplace(&value);
  return is_new ? known_[&value] = most_of_readers(value) : known->second;
}

int WantedBits::most_of_readers(const Value& value) const {
  int most = 0;
  bool is_read_in_float = false;
  for (const Node* reader : value.consumers()) {
    const int wanted = of_reader(*reader);
    is_read_in_float |= wanted == LayerBits::kFloat;
    if (wanted != LayerBits::kFloat) most = std::max(most, wanted);
  }
  if (most > 0) return most;
  return is_read_in_float ? LayerBits::kFloat : options_.activation_bits;
}

int WantedBits::of_reader(const Node& reader) const {
  if (has_weights(reader)) return of_layer_input(reader);
  const int behind = of(*reader.output());
  if (keeps_format(reader) || behind == LayerBits::kFloat) return behind;  // what leads to nothing but float layers is float itself
  const IntegerForm form = integer_form(reader);
  const bool adds = form == IntegerForm::kPair || form == IntegerForm::kJoin || form == IntegerForm::kSum;
  return adds && options_.sum_bits > 0 ? options_.sum_bits : options_.activation_bits;
}

std::map<const Value*, int> bits_behind(const Graph& graph, const Node* classifier, const WantedBits& bits) {
  std::map<const Value*, int> behind;
  const auto add = [&](const Value& value) {
    if (const int wanted = bits.of(value); wanted != LayerBits::kFloat) behind[&value] = wanted;
  };
  add(*graph.inputs().front());
  for (const Node* node : graph.nodes())
    if (is_quantized_after(*node, classifier)) add(*node->output());
  return behind;
}

void add_reader(std::vector<NarrowReaders>& groups, const Value* value, int bits, const Node* layer) {
  const auto same = std::ranges::find_if(groups, [&](const NarrowReaders& group) { return group.value == value && group.bits == bits; });
  if (same != groups.end())
    same->layers.push_back(layer);
  else
    groups.push_back({value, bits, {layer}});
}

std::vector<NarrowReaders> narrow_readers(const Graph& graph, const std::map<const Value*, int>& behind, const WantedBits& bits) {
  std::vector<NarrowReaders> groups;
  for (const Node* layer : graph.nodes()) {
    if (!has_weights(*layer)) continue;
    const auto source = behind.find(&source_of_format(*layer->input(0)));
    const int wanted = bits.of_layer_input(*layer);
    if (source != behind.end() && wanted < source->second) add_reader(groups, layer->input(0), wanted, layer);
  }
  return groups;
}

}  // namespace bitloom
