#include "ir/ops/integer_product.h"
#include "ir/ops/quantization.h"
#include "train/kernels/cases.h"

namespace bitloom::train {
namespace {

Value* quantized_image(TestGraph& t, Shape shape) {
  Quantize op;
  op.element = ElementType::uint8();
  op.quantization = {{0.01f}, 100, -1};
  return t.graph.add("", op, {t.image(std::move(shape))});
}

Value* integers(TestGraph& t, Shape shape, ElementType element) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(shape.elements()));
  for (std::int32_t& value : values) value = static_cast<std::int32_t>(element.min() + static_cast<std::int64_t>(t.random.below(256)));
  return t.graph.add_constant("", Tensor(TensorType{std::move(shape), element, {}}, std::move(values)));
}

/// As real numbers, which is how the cases are compared.
Graph finish(TestGraph& t, Value* sums) { return t.finish(t.graph.add("", Cast{}, {sums})); }

}  // namespace

std::vector<Case> integer_cases() {
  return {
      {"ConvInteger",
       [](TestGraph& t) {
         ConvInteger op;
         op.geometry.pad_top = op.geometry.stride_w = 2;
         Value *x = quantized_image(t, {1, 2, 5, 6}), *w = integers(t, {3, 2, 3, 2}, ElementType::int8());
         return finish(t, t.graph.add("", op, {x, w, integers(t, {1}, ElementType::uint8()), integers(t, {3}, ElementType::int8())}));
       }},
      {"ConvIntegerWithoutZeroPoints",
       [](TestGraph& t) {
         Value *x = quantized_image(t, {1, 2, 5, 6}), *w = integers(t, {3, 2, 3, 2}, ElementType::int8());
         return finish(t, t.graph.add("", ConvInteger{}, {x, w}));
       }},
      {"MatMulInteger",
       [](TestGraph& t) {
         Value *x = quantized_image(t, {1, 4, 5}), *w = integers(t, {5, 3}, ElementType::int8());
         return finish(t, t.graph.add("", MatMulInteger{}, {x, w, integers(t, {4, 1}, ElementType::uint8()), integers(t, {3}, ElementType::int8())}));
       }},
      {"MatMulIntegerWithAZeroPointOfItsWeightsAlone",
       [](TestGraph& t) {
         Value *x = quantized_image(t, {1, 5}), *w = integers(t, {5, 3}, ElementType::int8());
         return finish(t, t.graph.add("", MatMulInteger{}, {x, w, nullptr, integers(t, {}, ElementType::int8())}));
       }},
  };
}

}  // namespace bitloom::train
