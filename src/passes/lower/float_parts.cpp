#include "passes/lower/float_parts.h"

#include <algorithm>

#include "ir/ops/quantization.h"
#include "passes/lower/integer_form.h"

namespace bitloom::lowering {
namespace {

bool is_quantizer(const Node& node) { return integer_form(node) == IntegerForm::kQuantizer; }
bool is_layer(const Node& node) { return integer_form(node) == IntegerForm::kSum && node.input(1); }
bool is_float_layer(const Node& node) { return is_layer(node) && node.input(1)->is_constant() && node.input(1)->constant().is_float(); }

std::set<const Value*> values_read_in_float(const Graph& graph) {
  std::set<const Value*> found;
  std::vector<Node*> nodes = graph.nodes();
  std::ranges::reverse(nodes);
  for (const Node* node : nodes) {
    const std::vector<Node*>& readers = node->output()->consumers();
    const auto reads_in_float = [&](const Node* reader) {
      return is_float_layer(*reader) || (!is_layer(*reader) && !is_quantizer(*reader) && found.contains(reader->output()));
    };
    if (!readers.empty() && !graph.is_output(node->output()) && std::ranges::all_of(readers, reads_in_float)) found.insert(node->output());
  }
  return found;
}

}  // namespace

FloatParts::FloatParts(const Graph& source, Graph& target, const Meanings& meanings)
    : target_(target), meanings_(meanings), is_quantized_(!source.nodes_of<Quantize>().empty()) {
  if (is_quantized_) read_in_float_ = values_read_in_float(source);
}

bool FloatParts::keeps(const Node& node) const {
  if (!is_quantized_ || is_quantizer(node)) return false;
  if (is_layer(node)) return is_float_layer(node);
  return read_in_float_.contains(node.output()) || std::ranges::any_of(node.inputs(), [&](const Value* x) { return x && !x->is_constant() && contains(*x); });
}

void FloatParts::add(const Node& node, Notes* notes) {
  if (is_layer(node)) note(notes, node.where() + ": stays in float, because its weights are float");
  reals_[node.output()] = copy(node);
}

Value* FloatParts::real(const Value& value) {
  if (const auto kept = reals_.find(&value); kept != reals_.end()) return kept->second;
  if (value.is_constant()) return reals_[&value] = target_.add_constant(value.name(), value.shared_constant());
  if (!value.producer()) return reals_[&value] = target_.add_input(value.name(), value.type());
  const auto [known, is_new] = computed_.try_emplace(&value);
  if (is_new) known->second = computed(value);
  return known->second;
}

Value* FloatParts::computed(const Value& value) {
  const auto meaning = meanings_.find(&value);  // not of parameters, which are constants behind a Dequantize
  if (meaning == meanings_.end()) return copy(*value.producer());
  const Meaning& x = meaning->second;
  const bool is_exact = x.is_plain() || (x.is_sum && x.cut.is_none() && x.scales == x.integers.front()->type().quantization->scales);
  return is_exact ? target_.add(value.name() + ".real", Dequantize{}, {x.integers.front()}) : copy(*value.producer());
}

Value* FloatParts::copy(const Node& node) {
  std::vector<Value*> operands;
  for (const Value* input : node.inputs()) operands.push_back(input ? real(*input) : nullptr);
  return target_.add_node(node.name(), node.op().clone(), operands)->output();
}

}  // namespace bitloom::lowering
