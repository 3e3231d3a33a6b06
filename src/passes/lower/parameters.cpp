#include "passes/lower/parameters.h"

#include <fmt/format.h>

#include "base/error.h"
#include "ir/ops/quantization.h"
#include "passes/lower/function.h"

namespace bitloom::lowering {
namespace {

/// What a parameter stands for: one may be quantized anew, with another scale.
Tensor real(const Tensor& parameter) {
  if (parameter.is_float()) return parameter;
  return evaluate(Dequantize{}, parameter, {parameter.shape(), ElementType::float32(), {}});
}

}  // namespace

bool Parameters::add(const Node& node) {
  if (!node.is<Quantize>() && !node.is<Dequantize>()) return false;
  const Value* x = node.input(0);
  const auto known = parameters_.find(x);
  if (!x->is_constant() && known == parameters_.end()) return false;
  const Tensor& tensor = x->is_constant() ? x->constant() : known->second.tensor;
  const std::string& name = x->is_constant() ? x->name() : known->second.name;
  parameters_[node.output()] = {name, node.is<Quantize>() ? evaluate(node.op(), real(tensor), node.output()->type()) : tensor};
  return true;
}

Value* Parameters::integers(const Node& layer, int operand) const {
  const auto found = parameters_.find(layer.input(operand));
  if (found == parameters_.end())
    throw InputError(layer.where(), fmt::format("parameter '{}' is not quantized", layer.input(operand)->name()),
                     operand == 1 ? "give it as an integer constant behind a Dequantize"
                                  : "give it as an int32 constant with scale x.scale * w.scale behind a Dequantize");
  return target_.add_constant(found->second.name, found->second.tensor);
}

}  // namespace bitloom::lowering
