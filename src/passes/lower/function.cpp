#include "passes/lower/function.h"

#include <numeric>

namespace bitloom::lowering {

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

LookupTable tabulate(const TensorType& x, const Function& function, const Quantize& quantize) {
  const Shape shape{1, x.element.max() - x.element.min() + 1};
  std::vector<std::int32_t> every(static_cast<std::size_t>(shape[1]));
  std::iota(every.begin(), every.end(), static_cast<std::int32_t>(x.element.min()));
  const TensorType real{shape, ElementType::float32(), {}};
  Tensor values = evaluate(Dequantize{}, Tensor({shape, x.element, x.quantization}, std::move(every)), real);
  if (function) values = function(values);
  const Tensor results = evaluate(quantize, values, {shape, quantize.element, quantize.quantization});

  LookupTable lookup;
  lookup.table.assign(results.integers().begin(), results.integers().end());
  lookup.element = quantize.element;
  lookup.quantization = quantize.quantization;
  return lookup;
}

}  // namespace bitloom::lowering
