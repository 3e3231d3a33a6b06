#include "passes/lower/quantizer.h"

#include "ir/ops/elementwise.h"
#include "ir/ops/multi_threshold.h"
#include "passes/lower/function.h"
#include "passes/lower/narrowing.h"
#include "passes/lower/thresholds.h"
#include "passes/lower/truncation.h"

namespace bitloom::lowering {
namespace {

bool makes_signs(const Node& node) { return node.is<Quantize>() && node.output()->type().element.is_bipolar(); }

/// Whether thresholds say it better than a table: where channels differ, and of integers that have too many values for one.
bool compares_as_they_lie(const Node& node, const Value& x) {
  return node.is<MultiThreshold>() && (!is_tabular(node) || x.type().element.bits > 8 || x.type().element.is_bipolar());
}

Value* add_thresholds(Graph& target, const std::string& name, const std::string& thresholds, Value* integers, IntegerThresholds added) {
  return target.add(name, std::move(added.op), {integers, target.add_constant(thresholds, std::move(added.thresholds))});
}

/// Of an exact sum, or thresholds of narrow integers.
Value* quantize_exact(Graph& target, const Node& node, const Meaning& x) {
  Value* integers = x.integers.front();
  const std::string name = integers->name() + ".requantize";
  if (makes_signs(node)) return add_thresholds(target, name, node.name(), integers, sign_threshold(node, *integers, x.cut));
  if (node.is<Quantize>()) return target.add(name, requantize_of(node, x.scales, x.cut), {integers});
  if (node.is<Trunc>()) return target.add(name, truncation_of(node, *integers, x.scales, x.cut), {integers});
  IntegerThresholds result = integer_thresholds(node, *integers, x.is_sum ? x.scales : integers->type().quantization->scales, x.cut);
  return add_thresholds(target, name, node.input(1)->name(), integers, std::move(result));
}

/// By tables, except for what the quantizer leaves as it is. All results have one type. `name` is that of a single table.
std::vector<Value*> rescaled(Graph& target, const Node& node, std::vector<Value*> parts, const Function& function, const std::string& name = {}) {
  std::vector<LookupTable> tables;
  for (const Value* part : parts) tables.push_back(is_unchanged(*part, function, node) ? LookupTable{} : tabulate(*part, function, node));
  if (node.is<Trunc>()) narrow_type(tables);
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (!tables[i].table.empty()) parts[i] = target.add(name.empty() ? parts[i]->name() + ".rescale" : name, tables[i], {parts[i]});
  return parts;
}

Meaning exact_pair(Graph& target, const Meaning& x) {
  Value &a = *x.integers[0], &b = *x.integers[1];
  const std::string name = x.joined->name() + ".exact";
  return exact_sum(x.joined->is<Add>() ? target.add(name, exact_add_of(*x.joined, a, b), x.integers)
                                       : target.add(name, exact_mul_of(*x.joined, a, b), x.integers),
                   x.cut);
}

/// Narrow integers that are negative where the exact result is.
Meaning signs_of_pair(Graph& target, const Meaning& x) {
  Value &a = *x.integers[0], &b = *x.integers[1];
  const std::string name = x.joined->name() + ".exact";
  return exact_sum(x.joined->is<Add>() ? target.add(name, sign_of_add(*x.joined, a, b), x.integers)
                                       : target.add(name, sign_of_mul(), x.integers),
                   x.cut);
}

Value* quantize_joined(Graph& target, const Node& node, const Meaning& x) {
  const std::string& name = node.input(0)->name();
  const std::vector<Value*>& in = x.integers;
  if (x.joined->is<Add>()) return target.add(name, rescaled_add_of(node, *in[0], *in[1], x.cut), in);
  if (x.joined->is<Mul>()) return target.add(name, rescaled_mul_of(node, *in[0], *in[1], x.cut), in);
  return target.add_node(name, x.joined->op().clone(), rescaled(target, node, in, x.function))->output();
}

}  // namespace

Value* add_quantizer(Graph& target, const Node& node, const Meaning& x) {
  const bool is_pair = x.joined && !x.joined->is<Concat>();
  if (is_pair && makes_signs(node)) return quantize_exact(target, node, signs_of_pair(target, x));
  if (is_pair && !node.is<Quantize>()) return quantize_exact(target, node, exact_pair(target, x));
  if (x.joined) return quantize_joined(target, node, x);
  if (x.is_sum || (x.is_plain() && compares_as_they_lie(node, *x.integers.front()))) return quantize_exact(target, node, x);
  const std::string name = x.function ? node.input(0)->name() : x.integers.front()->name() + ".rescale";
  return rescaled(target, node, x.integers, x.function, name).front();
}

}  // namespace bitloom::lowering
