#include "ir/ops/pool_nd.h"

#include <limits>

#include "ir/ops/op_test_support.h"
#include "ir/ops/pool2d.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

WindowNd window(std::vector<int> kernel, std::vector<int> strides) {
  WindowNd result(static_cast<int>(kernel.size()));
  result.kernel = std::move(kernel);
  result.strides = std::move(strides);
  return result;
}

/// Values and indices of a MaxPoolNd.
std::vector<Tensor> with_indices(MaxPoolNd op, const Tensor& x) {
  op.indices = true;
  Graph graph("test");
  const Node* node = graph.add_node("node", std::make_unique<MaxPoolNd>(op), {graph.add_input("x", x.type())});
  graph.set_outputs(node->outputs());
  verify(graph);
  return Interpreter(graph).run(std::vector{x});
}

std::vector<std::int64_t> indices_of(const Tensor& tensor) { return {tensor.indices().begin(), tensor.indices().end()}; }

TEST(MaxPoolNd, FindsTheLargestOfACube) {
  MaxPoolNd op;
  op.window = window({2, 2, 2}, {1, 1, 1});
  const Tensor x({1, 1, 2, 2, 3}, {1, 2, 3, 4, 5, 6, 12, 11, 10, 9, 8, 7});
  EXPECT_THAT(values_of(run(op, {x})), ElementsAre(12, 11));
}

TEST(MaxPoolNd, SaysWhereTheLargestStands) {
  MaxPoolNd op;
  op.window = window({1, 2}, {1, 2});
  const Tensor x({1, 2, 1, 4}, {3, 1, 2, 2, -5, -4, -3, -7});
  EXPECT_THAT(indices_of(with_indices(op, x)[1]), ElementsAre(0, 2, 5, 6)) << "the first of equals; channels count on";
}

TEST(MaxPoolNd, CountsIndicesByColumnsWhereThatIsAsked) {  // the example of ONNX's documentation
  MaxPoolNd op;
  op.window = window({2, 2}, {2, 2});
  op.column_major = true;
  Tensor x(floats({1, 1, 5, 5}));
  for (std::size_t i = 0; i < 25; ++i) x.floats()[i] = static_cast<float>(i + 1);
  const std::vector<Tensor> outputs = with_indices(op, x);
  EXPECT_THAT(values_of(outputs[0]), ElementsAre(7, 9, 17, 19));
  EXPECT_THAT(indices_of(outputs[1]), ElementsAre(6, 16, 8, 18));
}

TEST(MaxPoolNd, GivesEachImageOfABatchItsOwnIndices) {
  MaxPoolNd op;
  op.window = window({2}, {2});
  op.indices = true;
  Graph graph("test");
  graph.set_outputs(graph.add_node("node", std::make_unique<MaxPoolNd>(op), {graph.add_input("x", floats({1, 1, 2}))})->outputs());
  EXPECT_THAT(indices_of(Interpreter(graph).run(std::vector{Tensor({2, 1, 2}, {1, 2, 4, 3})})[1]), ElementsAre(1, 0));
}

TEST(MaxPoolNd, OfTwoAxesIsMaxPool2d) {
  MaxPool2d flat;
  flat.window = {.kernel_h = 3, .kernel_w = 2, .stride_h = 2, .pad_top = 1, .pad_left = 1, .pad_right = 1, .dilation_w = 2};
  MaxPoolNd general;
  general.window = window({3, 2}, {2, 1});
  general.window.dilations = {1, 2};
  general.window.pads_begin = {1, 1};
  general.window.pads_end = {0, 1};
  RandomStream random({7});
  Tensor x = random_floats(random, {2, 3, 7, 6});
  x.floats()[40] = std::numeric_limits<float>::quiet_NaN();
  const Tensor ours = run(general, {x}), theirs = run(flat, {x});
  EXPECT_THAT(values_of(ours), testing::Pointwise(testing::NanSensitiveFloatEq(), values_of(theirs)));
  const Tensor q = random_integers(random, integers({1, 3, 7, 6}, ElementType::uint8(), {0.5f}, 7));
  EXPECT_EQ(run(general, {q}), run(flat, {q}));
}

TEST(AveragePoolNd, OfTwoAxesIsAveragePool2d) {
  RandomStream random({7});
  const Tensor x = random_floats(random, {2, 3, 7, 6});
  for (const bool count_include_pad : {false, true}) {
    AveragePool2d flat;
    flat.window = {.kernel_h = 3, .kernel_w = 2, .stride_h = 2, .pad_top = 1, .pad_right = 1};
    flat.count_include_pad = count_include_pad;
    AveragePoolNd general;
    general.window = window({3, 2}, {2, 1});
    general.window.pads_begin = {1, 0};
    general.window.pads_end = {0, 1};
    general.count_include_pad = count_include_pad;
    EXPECT_EQ(run(general, {x}), run(flat, {x}));
  }
}

TEST(AveragePoolNd, DividesByThePositionsInsideACube) {
  AveragePoolNd op;
  op.window = window({1, 2, 2}, {1, 2, 1});
  op.window.pads_begin = {0, 1, 0};
  op.window.pads_end = {0, 1, 0};
  const Tensor x({1, 1, 2, 2, 2}, {1, 3, 5, 7, 10, 30, 50, 70});
  EXPECT_THAT(values_of(run(op, {x})), ElementsAre(2, 6, 20, 60));
  op.count_include_pad = true;
  EXPECT_THAT(values_of(run(op, {x})), ElementsAre(1, 3, 10, 30));
}

TEST(PoolNd, RefusesWindowsThatCoverNothing) {
  MaxPoolNd op;
  op.window = window({2, 2, 2}, {1, 1, 1});
  op.window.pads_begin = {2, 0, 0};
  EXPECT_THAT(refusal(op, {floats({1, 1, 4, 4, 4})}), HasSubstr("a pad of 2 reaches the size of the kernel 2"));
  op.window.dilations = {3, 1, 1};
  EXPECT_THAT(refusal(op, {floats({1, 1, 1, 4, 4})}), HasSubstr("exceeds the padded input's 3 along axis 2"));
  op.window.pads_begin = {1, 0, 0};
  op.window.pads_end = {3, 0, 0};
  EXPECT_THAT(refusal(op, {floats({1, 1, 1, 4, 4})}), HasSubstr("a window of the dilated kernel covers nothing but padding"));
  EXPECT_THAT(refusal(op, {floats({1, 1, 4, 4})}), HasSubstr("input has shape 1x1x4x4 under a window of 3 axes"));
}

}  // namespace
}  // namespace bitloom
