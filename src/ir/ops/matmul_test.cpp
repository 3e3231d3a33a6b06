#include "ir/ops/matmul.h"

#include <limits>

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(MatMul, MultipliesMatrices) {
  EXPECT_THAT(values_of(run(MatMul{}, {Tensor({2, 2}, {1, 2, 3, 4}), Tensor({2, 3}, {1, 0, 2, 0, 1, 5})})),
              ElementsAre(1, 2, 12, 3, 4, 26));
}

TEST(MatMul, BroadcastsTheAxesBeforeTheLastTwo) {
  EXPECT_EQ(infer(MatMul{}, {floats({1, 3, 1, 2, 4}), floats({5, 4, 6})}).shape, (Shape{1, 3, 5, 2, 6}));
  // Two rows a of two matrices each times three columns b.
  const Tensor a({2, 1, 1, 2}, {1, 2, 3, 4}), b({3, 2, 1}, {1, 0, 0, 1, 1, 1});
  EXPECT_THAT(values_of(run(MatMul{}, {a, b})), ElementsAre(1, 2, 3, 3, 4, 7));
}

TEST(MatMul, TakesVectorsAsARowOrAColumn) {
  const Tensor matrix({2, 2}, {1, 2, 3, 4}), vector({2}, {1, 10});
  const Tensor column = run(MatMul{}, {matrix, vector}), row = run(MatMul{}, {vector, matrix}),
               dot = run(MatMul{}, {vector, vector});
  EXPECT_EQ(column.shape(), (Shape{2}));
  EXPECT_THAT(values_of(column), ElementsAre(21, 43));
  EXPECT_THAT(values_of(row), ElementsAre(31, 42));
  EXPECT_EQ(dot.shape(), Shape{});
  EXPECT_THAT(values_of(dot), ElementsAre(101));
}

TEST(MatMul, OfIntegersWrapsInTheirType) {
  const TensorType type{{1, 2}, ElementType::int32(), {}};
  const Tensor row(type, {1 << 30, 3}), column(TensorType{{2, 1}, ElementType::int32(), {}}, {2, 5});
  EXPECT_THAT(integers_of(run(MatMul{}, {row, column})), ElementsAre(std::numeric_limits<std::int32_t>::min() + 15));
  const Tensor wide = run(MatMul{}, {Tensor::int64({1, 2}, {1 << 30, 3}), Tensor::int64({2, 1}, {2, 5})});
  EXPECT_EQ(wide.indices()[0], (std::int64_t{1} << 31) + 15);
}

TEST(MatMul, RefusesNarrowIntegersAndOnesThatStandForReals) {
  const TensorType narrow{{2, 2}, ElementType::int8(), {}};
  EXPECT_THAT(refusal(MatMul{}, {narrow, narrow}), HasSubstr("operands are int8; cast them to int32, or to float32"));
  EXPECT_THAT(refusal(MatMul{}, {floats({2, 2}), narrow}), HasSubstr("operands are float32 and int8"));
  EXPECT_THAT(refusal(MatMul{}, {integers({2, 2}, ElementType::int32()), floats({2, 2})}), HasSubstr("is a quantized int32"));
}

TEST(MatMul, CountsItsMultiplications) {
  const Graph graph = graph_of(MatMul{}, {floats({1, 3, 2, 4}), floats({4, 5})});
  EXPECT_EQ(graph.macs(), 3 * 2 * 4 * 5);
}

/// Whether images stack, with b a constant or computed.
bool stacks(Shape a, Shape b, bool b_is_constant) {
  Graph graph("test");
  Value* x = graph.add_input("x", floats(std::move(a)));
  Value* y = b_is_constant ? graph.add_constant("b", Tensor(floats(std::move(b))))
                           : graph.add_input("b", floats(std::move(b)));
  graph.set_outputs({graph.add("node", MatMul{}, {x, y})});
  return graph.nodes()[0]->op().stacks_images(*graph.nodes()[0]);
}

TEST(MatMul, StacksImagesOnlyWhereTheyStayOnTheFirstAxis) {
  EXPECT_TRUE(stacks({1, 4}, {4, 5}, true));
  EXPECT_TRUE(stacks({1, 2, 3, 4}, {4, 5}, true));
  EXPECT_TRUE(stacks({1, 2, 3, 4}, {1, 2, 4, 5}, false));
  EXPECT_FALSE(stacks({1, 4}, {4, 1}, false));       // images would be inner positions of b
  EXPECT_FALSE(stacks({1, 4}, {7, 4, 5}, true));     // images are on y's second axis
  EXPECT_FALSE(stacks({1, 2, 4}, {7, 4, 5}, true));  // images broadcast over b's matrices
  EXPECT_FALSE(stacks({1}, {1, 5}, true));           // images would be inner positions of a
}

TEST(MatMul, RefusesShapesWithoutAProduct) {
  EXPECT_EQ(refusal(MatMul{}, {floats({1, 3}), floats({4, 5})}),
            "test: node 'node' (MatMul): matrices 1x3 and 4x5 have no product; make a's columns as many as b's rows");
  EXPECT_THAT(refusal(MatMul{}, {floats({2, 1, 3}), floats({3, 3, 5})}), HasSubstr("have no product"));
}

}  // namespace
}  // namespace bitloom
