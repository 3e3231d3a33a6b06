#include "ir/ops/binary.h"

#include <cmath>
#include <limits>

#include "ir/ops/op_test_support.h"
#include "ir/ops/unary.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min(), kMost = std::numeric_limits<std::int64_t>::max();

Tensor int64s(std::vector<std::int64_t> values) {
  const auto count = static_cast<std::int64_t>(values.size());
  return Tensor::int64({count}, std::move(values));
}
Tensor bytes(std::vector<std::int32_t> values, ElementType element = ElementType::int8()) {
  const auto count = static_cast<std::int64_t>(values.size());
  return Tensor(TensorType{{count}, element, {}}, std::move(values));
}
Tensor booleans(std::vector<std::int32_t> values) { return bytes(std::move(values), ElementType::boolean()); }

TEST(Broadcasting, AlignsShapesAtTheirLastAxisAndRepeatsAxesOfOne) {
  const Tensor x({1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_THAT(values_of(run(Add{}, {x, Tensor(Shape{}, std::vector<float>{10})})), ElementsAre(11, 12, 13, 14, 15, 16, 17, 18));
  EXPECT_THAT(values_of(run(Add{}, {x, Tensor({2}, {10, 20})})), ElementsAre(11, 22, 13, 24, 15, 26, 17, 28));
  EXPECT_THAT(values_of(run(Add{}, {x, Tensor({2, 1, 1}, {10, 20})})), ElementsAre(11, 12, 13, 14, 25, 26, 27, 28));
  EXPECT_THAT(values_of(run(Add{}, {x, Tensor({1, 1, 2, 1}, {10, 20})})), ElementsAre(11, 12, 23, 24, 15, 16, 27, 28));
}

TEST(Broadcasting, RepeatsBothOperands) {
  const Tensor y = run(Mul{}, {Tensor({2, 1}, {1, 10}), Tensor({1, 3}, {1, 2, 3})});
  EXPECT_EQ(y.shape(), (Shape{2, 3}));
  EXPECT_THAT(values_of(y), ElementsAre(1, 2, 3, 10, 20, 30));
}

TEST(Broadcasting, RefusesSizesThatDifferAndNameBoth) {
  EXPECT_EQ(refusal(Add{}, {floats({1, 4}), floats({1, 3})}),
            "test: node 'node' (Add): operands of shape 1x4 and 1x3 do not fit together; give both the same size along each axis, or 1");
}

/// Whether the operator may see a stack of images, for x [1,2,2] and a constant of `shape`.
bool stacks_with_constant(Shape shape) {
  Graph graph("test");
  Value* x = graph.add_input("x", floats({1, 2, 2}));
  Value* c = graph.add_constant("c", Tensor(floats(std::move(shape))));
  const Value* y = graph.add("y", Add{}, {x, c});
  return y->producer()->op().stacks_images(*y->producer());
}

TEST(Broadcasting, KeepsImagesApartWhereAConstantHasAnAxisForThem) {
  EXPECT_TRUE(stacks_with_constant({}));
  EXPECT_TRUE(stacks_with_constant({2, 1}));
  EXPECT_TRUE(stacks_with_constant({1, 2, 2}));
  EXPECT_FALSE(stacks_with_constant({3, 2, 2}));     // its axis 0 meets that of the images
  EXPECT_FALSE(stacks_with_constant({1, 1, 2, 2}));  // moves that of the images to axis 1
}

TEST(Broadcasting, RunsImagesOneByOneWhereAnOperandThatChangesWithThemHasFewerAxes) {
  Graph graph("test");
  Value* x = graph.add_input("x", floats({1, 2, 2}));
  Value* v = graph.add_input("v", floats({1}));
  graph.set_outputs({graph.add("y", Add{}, {x, v})});
  const std::vector<Tensor> y = Interpreter(graph).run({Tensor({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}), Tensor({2}, {10, 20})});
  EXPECT_THAT(values_of(y[0]), ElementsAre(11, 12, 13, 14, 25, 26, 27, 28));
}

TEST(Broadcasting, StacksTheImagesOfAResidual) {
  Graph graph("test");
  Value* x = graph.add_input("x", floats({1, 2}));
  graph.set_outputs({graph.add("y", Mul{}, {graph.add("sum", Add{}, {x, graph.add("r", Relu{}, {x})}), x})});
  for (const Node* node : graph.nodes()) EXPECT_TRUE(node->op().stacks_images(*node));
  EXPECT_THAT(values_of(Interpreter(graph).run(Tensor({2, 2}, {1, -2, 3, 4}))), ElementsAre(2, 4, 18, 32));
}

TEST(Arithmetic, OfFloats) {
  const Tensor a({3}, {1, -2, 7}), b({3}, {4, 3, -2});
  EXPECT_THAT(values_of(run(Add{}, {a, b})), ElementsAre(5, 1, 5));
  EXPECT_THAT(values_of(run(Sub{}, {a, b})), ElementsAre(-3, -5, 9));
  EXPECT_THAT(values_of(run(Mul{}, {a, b})), ElementsAre(4, -6, -14));
  EXPECT_THAT(values_of(run(Div{}, {a, b})), ElementsAre(0.25f, -2.0f / 3, -3.5f));
  EXPECT_THAT(values_of(run(Min{}, {a, b})), ElementsAre(1, -2, -2));
  EXPECT_THAT(values_of(run(Max{}, {a, b})), ElementsAre(4, 3, 7));
}

TEST(Arithmetic, MinAndMaxAreNotANumberWhereEitherOperandIsNot) {
  for (const auto& [a, b] : {std::pair{kNaN, 1.0f}, std::pair{1.0f, kNaN}}) {
    EXPECT_TRUE(std::isnan(Min::of(a, b)));
    EXPECT_TRUE(std::isnan(Max::of(a, b)));
  }
}

TEST(Arithmetic, OfIntegersIsExactBeyondTheFloats) {
  const Tensor a = int64s({9'007'199'254'740'993, 7, -7}), b = int64s({2, 2, 2});
  EXPECT_EQ(run(Add{}, {a, b}), int64s({9'007'199'254'740'995, 9, -5}));
  EXPECT_EQ(run(Mul{}, {a, b}), int64s({18'014'398'509'481'986, 14, -14}));
  EXPECT_EQ(run(Div{}, {a, b}), int64s({4'503'599'627'370'496, 3, -3}));
}

TEST(Arithmetic, OfIntegersWrapsInItsType) {
  EXPECT_THAT(integers_of(run(Add{}, {bytes({127, -128}), bytes({1, -1})})), ElementsAre(-128, 127));
  EXPECT_THAT(integers_of(run(Mul{}, {bytes({100}), bytes({3})})), ElementsAre(44));
  EXPECT_THAT(integers_of(run(Sub{}, {bytes({3}, ElementType::uint8()), bytes({5}, ElementType::uint8())})), ElementsAre(254));
  EXPECT_EQ(run(Add{}, {int64s({kMost}), int64s({1})}), int64s({kLeast}));
  EXPECT_EQ(run(Mul{}, {int64s({kLeast}), int64s({-1})}), int64s({kLeast}));
  EXPECT_EQ(run(Div{}, {int64s({kLeast}), int64s({-1})}), int64s({kLeast}));
}

TEST(Arithmetic, IntegersDividedByZeroGiveZero) {
  EXPECT_EQ(run(Div{}, {int64s({5, -5}), int64s({0, 0})}), int64s({0, 0}));
  EXPECT_EQ(run(Mod{}, {int64s({5, -5}), int64s({0, 0})}), int64s({0, 0}));
}

TEST(Arithmetic, RefusesMixedTypesBooleansAndQuantizedIntegers) {
  EXPECT_THAT(refusal(Add{}, {floats({4}), TensorType{{4}, ElementType::int64(), {}}}), HasSubstr("operands are float32 and int64; cast one"));
  const TensorType flags{{4}, ElementType::boolean(), {}}, quantized = integers({4}, ElementType::int8());
  EXPECT_THAT(refusal(Add{}, {flags, flags}), HasSubstr("true or false, not numbers"));
  EXPECT_THAT(refusal(Add{}, {quantized, quantized}), HasSubstr("operand 'a' is a quantized int8; put a Dequantize before it"));
}

TEST(Mod, HasTheSignOfTheDivisorOrWithCSignOfTheDividend) {
  Mod op;
  EXPECT_EQ(run(op, {int64s({-4, 7, 5, 4, -7, 8}), int64s({2, -3, 8, -2, 3, 5})}), int64s({0, -2, 5, 0, 2, 3}));
  op.c_sign = true;
  EXPECT_EQ(run(op, {int64s({-4, 7, 5, 4, -7, 8}), int64s({2, -3, 8, -2, 3, 5})}), int64s({0, 1, 5, 0, -1, 3}));
  EXPECT_THAT(values_of(run(op, {Tensor({2}, {-5.5f, 5.5f}), Tensor({2}, {2, -2})})), ElementsAre(-1.5f, 1.5f));
}

TEST(Pow, IsExactOnIntegersAndKeepsTheTypeOfItsBase) {
  EXPECT_EQ(run(Pow{}, {int64s({3, -2, 2, 2, -1, 0}), int64s({39, 63, 64, -1, -3, 0})}),
            int64s({4'052'555'153'018'976'267, kLeast, 0, 0, -1, 1}));
  EXPECT_THAT(values_of(run(Pow{}, {Tensor({2}, {2, 9}), Tensor({2}, {-1, 0.5f})})), ElementsAre(0.5f, 3));
  EXPECT_THAT(values_of(run(Pow{}, {Tensor({2}, {2, 3}), int64s({10, 2})})), ElementsAre(1024, 9));
  EXPECT_EQ(run(Pow{}, {int64s({2, 10}), Tensor({2}, {0.5f, -1})}), int64s({1, 0}));
}

TEST(Comparison, GivesBooleansOnNumbersOfAnyType) {
  const Tensor a({3}, {1, 2, 3}), b({3}, {2, 2, 2});
  EXPECT_EQ(run(Equal{}, {a, b}), booleans({0, 1, 0}));
  EXPECT_EQ(run(Less{}, {a, b}), booleans({1, 0, 0}));
  EXPECT_EQ(run(LessOrEqual{}, {a, b}), booleans({1, 1, 0}));
  EXPECT_EQ(run(Greater{}, {a, b}), booleans({0, 0, 1}));
  EXPECT_EQ(run(GreaterOrEqual{}, {a, b}), booleans({0, 1, 1}));
  EXPECT_EQ(run(Equal{}, {int64s({kMost, kMost}), int64s({kMost, kMost - 1})}), booleans({1, 0}));
  EXPECT_EQ(run(Less{}, {bytes({-1}), bytes({1})}), booleans({1}));
}

TEST(Comparison, IsFalseForNotANumber) {
  const Tensor x({1}, {kNaN}), one({1}, {1});
  EXPECT_EQ(run(Equal{}, {x, one}), booleans({0}));
  EXPECT_EQ(run(LessOrEqual{}, {x, one}), booleans({0}));
  EXPECT_EQ(run(GreaterOrEqual{}, {x, one}), booleans({0}));
}

TEST(LogicalOperators, FollowTheirTruthTables) {
  const Tensor a = booleans({0, 0, 1, 1}), b = booleans({0, 1, 0, 1});
  EXPECT_EQ(run(And{}, {a, b}), booleans({0, 0, 0, 1}));
  EXPECT_EQ(run(Or{}, {a, b}), booleans({0, 1, 1, 1}));
  EXPECT_EQ(run(Xor{}, {a, b}), booleans({0, 1, 1, 0}));
  EXPECT_THAT(refusal(And{}, {floats({4}), floats({4})}), HasSubstr("operand 'a' is float32, not true or false"));
}

TEST(PRelu, HasASlopeForEachChannel) {
  const Tensor x({1, 2, 1, 2}, {-1, 2, -3, 4});
  EXPECT_THAT(values_of(run(PRelu{}, {x, Tensor({2, 1, 1}, {0.5f, 2})})), ElementsAre(-0.5f, 2, -6, 4));
  EXPECT_THAT(refusal(PRelu{}, {floats({1, 2}), floats({3, 2})}), HasSubstr("slope of shape 3x2 is larger than x, 1x2"));
}

TEST(Where, ChoosesFromTensorsOfAnyTypeAndBroadcastsAllThree) {
  const Tensor y = run(Where{}, {Tensor(TensorType{{2, 1}, ElementType::boolean(), {}}, {1, 0}), Tensor({2}, {1, 2}), Tensor({1}, {9})});
  EXPECT_EQ(y.shape(), (Shape{2, 2}));
  EXPECT_THAT(values_of(y), ElementsAre(1, 2, 9, 9));
  EXPECT_EQ(run(Where{}, {booleans({0, 1}), int64s({1, 2}), int64s({3, 4})}), int64s({3, 2}));
  EXPECT_THAT(refusal(Where{}, {floats({2}), floats({2}), floats({2})}), HasSubstr("operand 'condition' is float32, not true or false"));
}

}  // namespace
}  // namespace bitloom
