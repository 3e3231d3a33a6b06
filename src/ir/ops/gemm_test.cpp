#include "ir/ops/gemm.h"

#include "ir/ops/op_test_support.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Gemm, ComputesASmallExampleByHand) {
  const Tensor y = run(Gemm{}, {Tensor({1, 3}, {1, 2, 3}), Tensor({2, 3}, {1, 10, 100, -1, 0, 1}), Tensor({2}, {0.5f, 0})});
  EXPECT_THAT(values_of(y), ElementsAre(321.5f, 2));
}

TEST(Gemm, AccumulatesInDoubleAndRoundsOnce) {
  EXPECT_THAT(values_of(run(Gemm{}, {Tensor({1, 3}, {1e8f, 1, -1e8f}), Tensor({1, 3}, {1, 1, 1})})), ElementsAre(1));
}

TEST(Gemm, SubtractsTheZeroPointFromIntegers) {
  const Tensor x(integers({1, 3}, ElementType::uint8(), {0.5f}, 100), {0, 100, 255}),
      w(integers({1, 3}, ElementType::int8(), {0.25f}), {2, 5, -3});
  const Tensor bias(TensorType{{1}, ElementType::int32(), {}}, {7});
  const Tensor y = run(Gemm{}, {x, w, bias});
  EXPECT_THAT(integers_of(y), ElementsAre(7 - 200 - 465));
  EXPECT_EQ(y.type(), integers({1, 1}, ElementType::int32(), {0.125f}));
}

TEST(Gemm, SubtractsTheZeroPointsOfWeightsOutputByOutput) {
  const Tensor x(integers({1, 2}, ElementType::uint8(), {0.5f}, 100), {90, 103});
  TensorType type = integers({2, 2}, ElementType::uint8());
  type.quantization = {{0.25f, 0.5f}, 0, 0, {7, 200}};
  EXPECT_THAT(integers_of(run(Gemm{}, {x, Tensor(type, {7, 9, 0, 255})})), ElementsAre(6, 2000 + 165));
}

TEST(Gemm, EveryImageOfABatchStandsAlone) {
  Graph graph = graph_of(Gemm{}, {floats({1, 2}), floats({2, 2})});
  const Tensor w({2, 2}, {1, 2, 3, 4});
  const std::vector<Tensor> y = Interpreter(graph).run({Tensor({1, 2}, {5, 6}), w});
  EXPECT_THAT(values_of(y.front()), ElementsAre(17, 39));
  EXPECT_THAT(values_of(run(Gemm{}, {Tensor({2, 2}, {5, 6, 1, 0}), w})), ElementsAre(17, 39, 1, 3));
}

TEST(Gemm, CountsMultiplyAccumulatesOfEveryRow) {
  EXPECT_EQ(graph_of(Gemm{}, {floats({1, 7}), floats({3, 7})}).macs(), 21);
  EXPECT_EQ(graph_of(Gemm{}, {floats({8, 7}), floats({3, 7})}).macs(), 8 * 21);
}

TEST(Gemm, NamesBothSidesWhenFeaturesDisagree) {
  EXPECT_EQ(refusal(Gemm{}, {floats({1, 8}), floats({3, 7})}),
            "test: node 'node' (Gemm): input has 8 features, weights 3x7 take 7; make the two agree");
  EXPECT_THAT(refusal(Gemm{}, {floats({1, 2, 2, 2}), floats({3, 8})}), HasSubstr("input has shape 1x2x2x2; put a Flatten before it"));
  EXPECT_THAT(refusal(Gemm{}, {floats({1, 8}), floats({3, 2, 4})}), HasSubstr("weights have shape 3x2x4"));
  EXPECT_THAT(refusal(Gemm{}, {floats({1, 8}), floats({})}), HasSubstr("operand 'weights' is missing; give the node that input"));
}

}  // namespace
}  // namespace bitloom
