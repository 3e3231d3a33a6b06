#include "ir/ops/unary.h"

#include <cmath>
#include <limits>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Relu, CutsFloatsAtZeroAndIntegersAtTheirZeroPoint) {
  EXPECT_THAT(values_of(run(Relu{}, {Tensor({3}, {-2, 0, 3})})), ElementsAre(0, 0, 3));
  EXPECT_THAT(integers_of(run(Relu{}, {Tensor(integers({3}, ElementType::int8(), {1}, -5), {-9, -5, 3})})), ElementsAre(-5, -5, 3));
}

TEST(Relu, LetsNotANumberThrough) {
  EXPECT_TRUE(std::isnan(run(Relu{}, {Tensor({1}, {std::numeric_limits<float>::quiet_NaN()})}).floats()[0]));
}

TEST(Relu, KeepsTypeAndQuantization) {
  const TensorType x = integers({1, 4}, ElementType::integer(4, false), {0.5f}, 3);
  EXPECT_EQ(infer(Relu{}, {x}), x);
}

TEST(Tanh, IsOddBoundedAndRoundedFromDouble) {
  EXPECT_THAT(values_of(run(Tanh{}, {Tensor({3}, {0, 100, -100})})), ElementsAre(0, 1, -1));
  EXPECT_EQ(Tanh{}.apply(0.5f), static_cast<float>(0.46211715726000975));
}

TEST(Sigmoid, IsAHalfAtZeroAndSaturatesWithoutOverflow) {
  EXPECT_THAT(values_of(run(Sigmoid{}, {Tensor({3}, {0, 200, -2000})})), ElementsAre(0.5f, 1, 0));
  EXPECT_EQ(Sigmoid{}.apply(1), static_cast<float>(0.7310585786300049));
}

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();

struct KnownValue {
  std::unique_ptr<Op> op;
  float x, y;
};

template <class T>
KnownValue value(float x, double y, T op = {}) {
  return {std::make_unique<T>(op), x, static_cast<float>(y)};
}

float computed(const Op& op, float x) {
  const Tensor input({1}, {x});
  const Tensor* inputs[] = {&input};
  Tensor outputs[] = {Tensor({1}, {0})};
  op.evaluate(inputs, outputs);
  return outputs[0].floats()[0];
}

TEST(RealFunctions, HaveTheirKnownValuesRoundedOnceFromDouble) {
  std::vector<KnownValue> known;
  const auto add = [&](KnownValue next) { known.push_back(std::move(next)); };
  add(value<Exp>(1, 2.718281828459045));
  add(value<Log>(10, 2.302585092994046));
  add(value<Sqrt>(2, 1.4142135623730951));
  add(value<Reciprocal>(3, 0.3333333333333333));
  add(value<Floor>(-1.5f, -2));
  add(value<Ceil>(-1.5f, -1));
  add(value<Sin>(1, 0.8414709848078965));
  add(value<Cos>(1, 0.5403023058681398));
  add(value<Tan>(1, 1.5574077246549023));
  add(value<Asin>(0.5f, 0.5235987755982989));
  add(value<Acos>(0.5f, 1.0471975511965979));
  add(value<Atan>(1, 0.7853981633974483));
  add(value<Sinh>(1, 1.1752011936438014));
  add(value<Cosh>(1, 1.5430806348152437));
  add(value<Asinh>(1, 0.881373587019543));
  add(value<Acosh>(2, 1.3169578969248166));
  add(value<Atanh>(0.5f, 0.5493061443340548));
  add(value<Erf>(1, 0.8427007929497149));
  add(value<HardSigmoid>(1, 0.7));
  add(value<HardSigmoid>(9, 1));
  add(value<HardSigmoid>(-9, 0));
  add(value<HardSwish>(1, 4.0 / 6));
  add(value<HardSwish>(4, 4));
  add(value<HardSwish>(-4, 0));
  add(value<LeakyRelu>(-2, -0.02));
  add(value<LeakyRelu>(2, 2));
  add(value<Elu>(-1, -0.6321205588285577));
  add(value<Elu>(2, 2));
  add(value<Selu>(-1, -1.1113307378125625));
  add(value<Selu>(1, 1.0507010221481323));
  add(value<Celu>(-1, -0.7869386805747332, [] { Celu op; op.alpha = 2; return op; }()));
  add(value<Celu>(3, 3));
  add(value<Softplus>(0, 0.6931471805599453));
  add(value<Softsign>(-3, -0.75));
  add(value<ThresholdedRelu>(1, 0));
  add(value<ThresholdedRelu>(1.5f, 1.5));
  add(value<Mish>(1, 0.8650983882673103));
  add(value<Gelu>(1, 0.8413447460685429));
  add(value<Gelu>(1, 0.8411919906082768, [] { Gelu op; op.tanh = true; return op; }()));
  for (const KnownValue& k : known) EXPECT_FLOAT_EQ(computed(*k.op, k.x), k.y) << k.op->name() << " of " << k.x;
}

TEST(RealFunctions, LetNotANumberThrough) {
  std::vector<std::unique_ptr<Op>> all;
  const auto add = [&]<class... T>(T... op) { (all.push_back(std::make_unique<T>(op)), ...); };
  add(Abs{}, Acos{}, Acosh{}, Asin{}, Asinh{}, Atan{}, Atanh{}, Ceil{}, Celu{}, Clip{}, Cos{}, Cosh{}, Elu{}, Erf{}, Exp{}, Floor{}, Gelu{});
  add(HardSigmoid{}, HardSwish{}, LeakyRelu{}, Log{}, Mish{}, Neg{}, Reciprocal{}, Relu{}, Round{}, Selu{}, Shrink{}, Sigmoid{}, Sign{});
  add(Sin{}, Sinh{}, Softplus{}, Softsign{}, Sqrt{}, Tan{}, Tanh{}, ThresholdedRelu{});
  for (const auto& op : all) EXPECT_TRUE(std::isnan(computed(*op, kNaN))) << op->name();
}

TEST(RealFunctions, RefuseIntegersAndAttributesThatAreNoNumbers) {
  const TensorType x = integers({4}, ElementType::int8());
  EXPECT_THAT(refusal(Tanh{}, {x}), HasSubstr("put a Dequantize before it"));
  EXPECT_THAT(refusal(Sigmoid{}, {x}), HasSubstr("put a Dequantize before it"));
  EXPECT_THAT(refusal(IsNaN{}, {x}), HasSubstr("put a Dequantize before it"));
  LeakyRelu leaky;
  leaky.alpha = kNaN;
  EXPECT_EQ(refusal(leaky, {floats({4})}), "test: node 'node' (LeakyRelu): alpha is not a number; give it one");
}

TEST(Round, TakesTheEvenNeighbourOfAHalf) {
  EXPECT_THAT(values_of(run(Round{}, {Tensor({5}, {0.5f, 1.5f, 2.5f, -2.5f, 2.6f})})), ElementsAre(0, 2, 2, -2, 3));
}

TEST(Softplus, OverflowsNowhere) {
  EXPECT_THAT(values_of(run(Softplus{}, {Tensor({3}, {1e30f, 800, -800})})), ElementsAre(1e30f, 800, 0));
}

TEST(Shrink, PullsTowardsZeroOutsideItsBand) {
  Shrink op;
  op.lambda = 1.5f;
  op.bias = 1;
  EXPECT_THAT(values_of(run(op, {Tensor({5}, {-2, -1.5f, 0, 1.5f, 2})})), ElementsAre(-1, 0, 0, 0, 1));
}

TEST(Clip, CutsAtItsBoundsOfWhichTheUpperWins) {
  Clip op;
  EXPECT_THAT(values_of(run(op, {Tensor({2}, {-9e30f, 9e30f})})), ElementsAre(-9e30f, 9e30f));
  op.low = -1;
  EXPECT_THAT(values_of(run(op, {Tensor({3}, {-2, 0.5f, 7})})), ElementsAre(-1, 0.5f, 7));
  op.high = 6;
  EXPECT_THAT(values_of(run(op, {Tensor({3}, {-2, 0.5f, 7})})), ElementsAre(-1, 0.5f, 6));
  op.low = 8;
  EXPECT_THAT(values_of(run(op, {Tensor({3}, {-2, 0.5f, 9})})), ElementsAre(6, 6, 6));
}

TEST(SignedFunctions, TakeFloatsAndIntegersThatStandForThemselves) {
  EXPECT_THAT(values_of(run(Abs{}, {Tensor({2}, {-1.5f, 2})})), ElementsAre(1.5f, 2));
  EXPECT_THAT(values_of(run(Neg{}, {Tensor({2}, {-1.5f, 2})})), ElementsAre(1.5f, -2));
  EXPECT_THAT(values_of(run(Sign{}, {Tensor({3}, {-1.5f, 0, 2})})), ElementsAre(-1, 0, 1));
  const Tensor sizes = Tensor::int64({3}, {-5'000'000'000, 0, 7});
  EXPECT_EQ(run(Abs{}, {sizes}), Tensor::int64({3}, {5'000'000'000, 0, 7}));
  EXPECT_EQ(run(Neg{}, {sizes}), Tensor::int64({3}, {5'000'000'000, 0, -7}));
  EXPECT_EQ(run(Sign{}, {sizes}), Tensor::int64({3}, {-1, 0, 1}));
  EXPECT_THAT(refusal(Neg{}, {integers({4}, ElementType::int8())}), HasSubstr("is a quantized int8; put a Dequantize before it"));
}

TEST(SignedFunctions, KeepTheSmallestIntegerWhichHasNoOpposite) {
  const Tensor smallest = Tensor::int64({1}, {std::numeric_limits<std::int64_t>::min()});
  EXPECT_EQ(run(Neg{}, {smallest}), smallest);
  EXPECT_EQ(run(Abs{}, {smallest}), smallest);
  const Tensor byte(TensorType{{2}, ElementType::int8(), {}}, {-128, 127});
  EXPECT_THAT(integers_of(run(Neg{}, {byte})), ElementsAre(-128, -127));
}

TEST(IsNaN, TellsNumbersFromNone) {
  const Tensor y = run(IsNaN{}, {Tensor({3}, {1, kNaN, kInfinity})});
  EXPECT_EQ(y.type(), (TensorType{{3}, ElementType::boolean(), {}}));
  EXPECT_THAT(integers_of(y), ElementsAre(0, 1, 0));
}

TEST(IsInf, LooksForTheSignsThatItIsAskedFor) {
  const Tensor x({4}, {1, kNaN, kInfinity, -kInfinity});
  IsInf op;
  EXPECT_THAT(integers_of(run(op, {x})), ElementsAre(0, 0, 1, 1));
  op.negative = false;
  EXPECT_THAT(integers_of(run(op, {x})), ElementsAre(0, 0, 1, 0));
  op.positive = false;
  op.negative = true;
  EXPECT_THAT(integers_of(run(op, {x})), ElementsAre(0, 0, 0, 1));
}

TEST(Not, TurnsBooleansAroundAndRefusesNumbers) {
  EXPECT_THAT(integers_of(run(Not{}, {Tensor(TensorType{{2}, ElementType::boolean(), {}}, {0, 1})})), ElementsAre(1, 0));
  EXPECT_EQ(refusal(Not{}, {floats({2})}), "test: node 'node' (Not): operand 'x' is float32, not true or false; put a Cast to bool before it");
}

}  // namespace
}  // namespace bitloom
