#include "ir/ops/fake_quantize.h"
#include "ir/ops/integer_product.h"
#include "ir/ops/multi_threshold.h"
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

Graph thresholds(TestGraph& t, int axis, ElementType element, std::int32_t bias, Shape shape) {
  MultiThreshold op;
  op.axis = axis;
  op.element = element;
  op.bias = bias;
  op.quantization = {{0.25f}, 0, -1};
  Value* x = t.image({1, 3, 4, 5});
  return t.finish(t.graph.add("", Dequantize{}, {t.graph.add("", op, {x, t.constant(std::move(shape))})}));
}

/// A quantizer of `x` to 4 signed bits with a scale of 0.1, or one for each index of axis 0.
Value* fake_quantized(TestGraph& t, Value* x, Estimator estimator, bool per_channel, Value* offset = nullptr) {
  FakeQuantize op;
  op.element = ElementType::integer(4, true);
  op.estimator = estimator;
  op.per_channel = per_channel;
  const Shape shape = per_channel ? Shape{x->shape()[0]} : Shape{};
  std::vector<Value*> operands{x, t.graph.add_constant("", Tensor(shape, std::vector<float>(static_cast<std::size_t>(shape.elements()), 0.1f)))};
  if (offset) operands.push_back(offset);
  return t.graph.add("", op, std::move(operands));
}

/// A convolution, or what is fully connected to a map, with quantized weights and activations.
Graph layer_of_few_bits(TestGraph& t, Estimator estimator, bool per_channel, bool is_fully_connected) {
  Value* x = fake_quantized(t, t.image({1, 2, 4, 5}), estimator, false);
  if (is_fully_connected) {
    x = t.graph.add("", Flatten{}, {x});
    return t.finish(t.graph.add("", Gemm{}, {x, fake_quantized(t, t.constant({3, 40}), estimator, per_channel), t.constant({3})}));
  }
  return t.finish(t.graph.add("", Conv2d{}, {x, fake_quantized(t, t.constant({3, 2, 2, 3}), estimator, per_channel), t.constant({3})}));
}

}  // namespace

std::vector<Case> integer_cases() {
  return {
      {"FakeQuantizeOfAConvolution", [](TestGraph& t) { return layer_of_few_bits(t, Estimator::kLsq, true, false); }},
      {"FakeQuantizeOfAConvolutionPerTensor", [](TestGraph& t) { return layer_of_few_bits(t, Estimator::kPact, false, false); }},
      {"FakeQuantizeOfWhatIsFullyConnectedToAMap", [](TestGraph& t) { return layer_of_few_bits(t, Estimator::kLsq, true, true); }},
      {"FakeQuantizeWithAnOffset",
       [](TestGraph& t) {
         Value* offset = t.graph.add_constant("", Tensor(Shape{}, std::vector<float>{0.23f}));
         return t.finish(fake_quantized(t, t.image({1, 2, 4, 5}), Estimator::kLsqPlus, false, offset));
       }},
      {"FakeQuantizeDorefa", [](TestGraph& t) { return layer_of_few_bits(t, Estimator::kDorefa, true, false); }},
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
         return finish(
             t, t.graph.add("", MatMulInteger{}, {x, w, integers(t, {4, 1}, ElementType::uint8()), integers(t, {3}, ElementType::int8())}));
       }},
      {"MatMulIntegerWithAZeroPointOfItsWeightsAlone",
       [](TestGraph& t) {
         Value *x = quantized_image(t, {1, 5}), *w = integers(t, {5, 3}, ElementType::int8());
         return finish(t, t.graph.add("", MatMulInteger{}, {x, w, nullptr, integers(t, {}, ElementType::int8())}));
       }},
      {"MultiThreshold",
       [](TestGraph& t) {
         return thresholds(t, 1, ElementType::integer(3, true), -4, {3, 7});
       }},
      {"MultiThresholdOfTheLastAxisAndOneRow",
       [](TestGraph& t) {
         return thresholds(t, 3, ElementType::uint8(), 0, {1, 5});
       }},
      {"MultiThresholdBipolar",
       [](TestGraph& t) {
         return thresholds(t, 1, ElementType::bipolar(), 0, {3, 1});
       }},
      {"Trunc",
       [](TestGraph& t) {
         Trunc op;
         op.input = {{0.01f, 0.02f, 0.04f}, 0, 1};
         op.quantization = {{0.04f, 0.08f, 0.16f}, 0, 1};
         op.shift = 2;
         op.element = ElementType::integer(4, true);
         return t.finish(t.graph.add("", Dequantize{}, {t.graph.add("", op, {t.image({1, 3, 4, 5})})}));
       }},
  };
}

}  // namespace bitloom::train
