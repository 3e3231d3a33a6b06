#include "ir/ops/reduce.h"

#include <cmath>
#include <limits>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
T over(std::vector<int> axes, bool keep_dims = true) {
  T op;
  op.axes = std::move(axes);
  op.keep_dims = keep_dims;
  return op;
}

/// The reduction of one row.
template <class T>
float of(std::vector<float> row) {
  const Shape shape{1, static_cast<std::int64_t>(row.size())};
  return run(over<T>({1}), {Tensor(shape, std::move(row))}).floats()[0];
}

TEST(Reduce, ComputesItsFunction) {
  EXPECT_EQ(of<ReduceL1>({1, -2, 3}), 6);
  EXPECT_EQ(of<ReduceL2>({3, -4}), 5);
  EXPECT_EQ(of<ReduceLogSum>({1, 2, 4}), std::log(7.0f));
  EXPECT_EQ(of<ReduceLogSumExp>({0, 0}), std::log(2.0f));
  EXPECT_EQ(of<ReduceMax>({-3, -1, -2}), -1);
  EXPECT_EQ(of<ReduceMean>({1, 2, 6}), 3);
  EXPECT_EQ(of<ReduceMin>({-3, -1, -2}), -3);
  EXPECT_EQ(of<ReduceProd>({2, -3, 4}), -24);
  EXPECT_EQ(of<ReduceSum>({1, 2, 6}), 9);
  EXPECT_EQ(of<ReduceSumSquare>({1, -2, 3}), 14);
}

TEST(Reduce, TakesTheElementsAlongItsAxesOnly) {
  const Tensor x({1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_THAT(values_of(run(over<ReduceSum>({1, 3}), {x})), ElementsAre(1 + 2 + 5 + 6, 3 + 4 + 7 + 8));
  EXPECT_THAT(values_of(run(over<ReduceSum>({2}), {x})), ElementsAre(4, 6, 12, 14));
  EXPECT_EQ(infer(over<ReduceSum>({1, 3}), {x.type()}).shape, (Shape{1, 1, 2, 1}));
  EXPECT_EQ(infer(over<ReduceSum>({1, 3}, false), {x.type()}).shape, (Shape{1, 2}));
}

TEST(Reduce, AddsInDoubleAndRoundsOnce) {
  EXPECT_EQ(of<ReduceSum>({16777216, 1, 1}), 16777218);
}

TEST(ReduceLogSumExp, NeitherOverflowsNorMakesInfinityMinusInfinity) {
  EXPECT_EQ(of<ReduceLogSumExp>({1000, 1000}), static_cast<float>(1000 + std::log(2.0)));
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(of<ReduceLogSumExp>({-kInfinity, -kInfinity}), -kInfinity);
  EXPECT_EQ(of<ReduceLogSumExp>({kInfinity, 0}), kInfinity);
}

TEST(ReduceMax, LetsNotANumberThrough) {
  EXPECT_TRUE(std::isnan(of<ReduceMax>({1, std::numeric_limits<float>::quiet_NaN(), 2})));
  EXPECT_TRUE(std::isnan(of<ReduceMin>({1, std::numeric_limits<float>::quiet_NaN(), 2})));
}

TEST(Reduce, IsExactOnIntegersAndRefusesResultsThatLeaveTheirType) {
  const auto reduced = [](const Reduction& op, std::vector<std::int64_t> x) {
    const auto count = static_cast<std::int64_t>(x.size());
    const Tensor input = Tensor::int64({count}, std::move(x));
    Tensor output(TensorType{{1}, ElementType::int64(), {}});
    const Tensor* inputs[] = {&input};
    op.evaluate(inputs, std::span(&output, 1));
    return output.indices()[0];
  };
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(reduced(over<ReduceMax>({0}), {1, kLargest, 3}), kLargest);
  EXPECT_EQ(reduced(over<ReduceMin>({0}), {kLargest, kLargest - 1}), kLargest - 1);
  EXPECT_EQ(reduced(over<ReduceProd>({0}), {3, 224, 224}), 150528);
  EXPECT_EQ(reduced(over<ReduceSum>({0}), {kLargest, -1}), kLargest - 1);
  EXPECT_THROW(reduced(over<ReduceSum>({0}), {kLargest, 1}), InputError);
  EXPECT_THROW(reduced(over<ReduceProd>({0}), {kLargest, 2}), InputError);
  const TensorType narrow{{1, 2}, ElementType::int8(), {}};
  EXPECT_THAT(integers_of(run(over<ReduceSum>({1}), {Tensor(narrow, {100, 27})})), ElementsAre(127));
  EXPECT_THROW(run(over<ReduceSum>({1}), {Tensor(narrow, {100, 28})}), InputError);
}

TEST(ReduceMax, KeepsTheMeaningOfQuantizedIntegers) {
  const TensorType x = integers({1, 4}, ElementType::int8(), {0.5f}, 3);
  EXPECT_EQ(infer(over<ReduceMax>({1}), {x}), integers({1, 1}, ElementType::int8(), {0.5f}, 3));
  EXPECT_THAT(refusal(over<ReduceSum>({1}), {x}),
              HasSubstr("input is quantized, and its result would have another scale; put a Dequantize"));
  EXPECT_THAT(refusal(over<ReduceMean>({1}), {x}), HasSubstr("operand 'x' is int8, not float32"));
}

TEST(Reduce, RunsImagesOneByOneWhereItReducesTheirAxis) {
  const Graph graph = graph_of(over<ReduceSum>({0, 1}), {floats({1, 2})});
  const Tensor y = Interpreter(graph).run(Tensor({3, 2}, {1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(y.shape(), (Shape{3, 1}));
  EXPECT_THAT(values_of(y), ElementsAre(3, 7, 11));
}

TEST(Reduce, RefusesAxesThatItsInputDoesNotHave) {
  EXPECT_EQ(
      refusal(over<ReduceMean>({2}), {floats({1, 3})}),
      "test: node 'node' (ReduceMean): axes [2] of a tensor 1x3; give axes that it has, each once, in ascending order");
  EXPECT_THAT(refusal(over<ReduceMean>({}), {floats({1, 3})}), HasSubstr("has no axes to reduce; name them all"));
  EXPECT_THAT(refusal(over<ReduceMean>({1, 1}), {floats({1, 3})}), HasSubstr("axes [1, 1]"));
  EXPECT_THAT(refusal(over<ReduceMax>({1}), {floats({1, 0})}), HasSubstr("axis 1 of 1x0 has no elements"));
}

}  // namespace
}  // namespace bitloom
