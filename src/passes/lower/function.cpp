#include "passes/lower/function.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "ir/ops/multi_threshold.h"
#include "passes/lower/narrowing.h"
#include "passes/lower/value_range.h"

namespace bitloom::lowering {
namespace {

constexpr int kMostBits = 16;  // of what a LookupTable reads

void check_tabular(const Value& x, const Node& quantizer) {
  const ElementType element = x.type().element;
  if (element.bits > kMostBits || element.is_bipolar())
    throw InputError(quantizer.where(),
                     fmt::format("follows '{}' of {}, and a table reads 1 unsigned to {} bits", x.name(), to_string(element), kMostBits),
                     element.is_bipolar() ? "quantize that to 2 bits before" : "quantize that to fewer bits before");
  if (x.type().quantization->per_channel() || !is_tabular(quantizer))
    throw InputError(quantizer.where(), fmt::format("what it makes of '{}' differs from channel to channel", x.name()),
                     "quantize activations per tensor; a MultiThreshold stands behind a Dequantize or a sum");
}

/// What the quantizer makes of a row of reals.
Tensor quantized(const Node& quantizer, const Tensor& reals) {
  std::unique_ptr<Op> op = quantizer.op().clone();
  if (auto* thresholds = dynamic_cast<MultiThreshold*>(op.get())) thresholds->axis = 1;  // all alike: any axis that the row has
  std::vector<const Tensor*> inputs{&reals};
  if (quantizer.input(1)) inputs.push_back(&quantizer.input(1)->constant());
  const TensorType& type = quantizer.output()->type();
  Tensor outputs[] = {Tensor({reals.shape(), type.element, type.quantization})};
  try {
    op->evaluate(inputs, outputs);
  } catch (const InputError& error) {
    throw InputError(quantizer.where(), error.what());
  }
  return std::move(outputs[0]);
}

}  // namespace

Tensor evaluate(const Op& op, const Tensor& x, TensorType type) {
  const Tensor* inputs[] = {&x};
  Tensor outputs[] = {Tensor(std::move(type))};
  op.evaluate(inputs, outputs);
  return std::move(outputs[0]);
}

Function function_of(const Node& node, std::vector<Function> operands) {
  return [&node, operands = std::move(operands)](const Tensor& x) {
    std::vector<Tensor> computed;
    computed.reserve(operands.size());
    std::vector<const Tensor*> inputs;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const Value* input = node.input(static_cast<int>(i));
      if (input->is_constant())
        inputs.push_back(&input->constant());
      else
        inputs.push_back(operands[i] ? &computed.emplace_back(operands[i](x)) : &x);
    }
    Tensor outputs[] = {Tensor(TensorType{x.shape(), ElementType::float32(), {}})};
    node.evaluate(inputs, outputs);
    return std::move(outputs[0]);
  };
}

bool is_tabular(const Node& quantizer) {
  return !quantizer.output()->type().quantization->per_channel() &&
         !(quantizer.is<MultiThreshold>() && quantizer.input(1)->shape()[0] != 1);
}

bool is_unchanged(const Value& x, const Function& function, const Node& quantizer) {
  const auto* op = quantizer.as<Quantize>();
  return op && !function && !op->narrow && x.type().element == op->element && x.type().quantization == op->quantization;
}

LookupTable tabulate(const Value& x, const Function& function, const Node& quantizer) {
  check_tabular(x, quantizer);
  const ElementType element = x.type().element;
  const Shape shape{1, element.max() - element.min() + 1};
  std::vector<std::int32_t> every(static_cast<std::size_t>(shape[1]));
  std::iota(every.begin(), every.end(), static_cast<std::int32_t>(element.min()));
  const IntegerRange taken = value_range(x);  // a root behind a Relu is not asked for negative numbers
  for (std::int32_t& q : every) q = static_cast<std::int32_t>(std::clamp<std::int64_t>(q, taken.low, taken.high));
  const TensorType real{shape, ElementType::float32(), {}};
  Tensor values = evaluate(Dequantize{}, Tensor({shape, element, x.type().quantization}, std::move(every)), real);
  if (function) values = function(values);
  const Tensor results = quantized(quantizer, values);

  LookupTable lookup;
  lookup.table.assign(results.integers().begin(), results.integers().end());
  lookup.element = results.type().element;
  lookup.quantization = *results.type().quantization;
  return lookup;
}

void narrow_type(std::span<LookupTable> tables) {
  std::int32_t low = tables.front().quantization.zero_point, high = low;
  for (const LookupTable& lookup : tables) {
    const auto [least, most] = std::ranges::minmax(lookup.table);
    low = std::min(low, least), high = std::max(high, most);
  }
  for (LookupTable& lookup : tables) lookup.element = narrowed(lookup.element, low, high);
}

}  // namespace bitloom::lowering
