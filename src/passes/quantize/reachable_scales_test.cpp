#include "passes/quantize/reachable_scales.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/ops/slice.h"
#include "passes/lower/lower.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kSeed = 20261122;

void scale_parameters(const Node& layer, float by) {
  for (int i = 1; i < 3; ++i) {
    Tensor tensor = layer.input(i)->constant();
    for (float& x : tensor.floats()) x *= by;
    layer.input(i)->set_constant(std::move(tensor));
  }
}

/// A branch whose values are `size` times as large as what it is added to, or stands beside in a Concat.
Graph with_branch(float size, bool is_joined, bool is_read_elsewhere = false) {
  RandomStream random({kSeed});
  Builder net(random, {1, 1, 8, 8});
  net.conv(4, 3, 1).then(Relu{});
  Value* main = net.current();
  net.conv(4, 3, 1);
  Value* branch = net.current();
  scale_parameters(*branch->producer(), size);
  Concat join;
  join.axis = 1;
  net.becomes(is_joined ? net.graph.add("", join, {main, branch}) : net.graph.add("", Add{}, {main, branch}));
  if (is_read_elsewhere) net.plus(branch);
  return net.then(Relu{}).gemm(3).finish();
}

TEST(RaiseUnreachableScales, OfABranchThatIsNothingBesideTheOther) {
  for (const bool is_joined : {false, true})
    for (const bool power_of_two : {false, true})
      for (const float size : {1e-4f, 1e-7f, 1e-12f, 1e-20f, 1e-30f}) {
        SCOPED_TRACE(testing::Message() << (is_joined ? "Concat" : "Add") << ", " << size << (power_of_two ? ", powers of two" : ""));
        const Graph graph = with_branch(size, is_joined);
        RandomStream random({kSeed + 1});
        const std::vector<Tensor> images = random_images(graph, random, 5);
        QuantizeOptions options;
        options.power_of_two = power_of_two;
        Notes notes;
        const Graph integer = lower(quantize_model(graph, feed(images), options, &notes));
        verify(integer);
        if (size >= 1e-4f) {
          EXPECT_THAT(notes, IsEmpty());
        } else if (size <= 1e-12f) {
          EXPECT_THAT(notes, ElementsAre(HasSubstr("net: node 'conv_2' (Conv2d): scale raised from")));
        }
        const Tensor expected = Interpreter(graph).run(images[0]), y = Interpreter(integer).run(quantize_input(integer, images[0]));
        for (std::size_t i = 0; i < expected.floats().size(); ++i)
          EXPECT_NEAR(y.integers()[i] * y.type().quantization->scales[0], expected.floats()[i], power_of_two ? 0.5 : 0.1);
      }
}

TEST(RaiseUnreachableScales, NotOfABranchThatAnotherReads) {
  const Graph graph = with_branch(1e-7f, false, true);
  RandomStream random({kSeed + 2});
  const std::vector<Tensor> images = random_images(graph, random, 3);
  EXPECT_THAT(refusal([&] { lower(quantize_model(graph, feed(images), {})); }), HasSubstr("too far apart"));
}

TEST(RaiseUnreachableScales, OfALayerWhoseSumsCountInMoreThanItsRange) {
  RandomStream random({kSeed + 3});
  const Graph graph = Builder(random, {1, 1, 4, 4}).gemm(4).then(Relu{}).gemm(3).finish();
  graph.nodes_of<Gemm>().front()->input(2)->set_constant(Tensor({4}, std::vector<float>(4, 1e-12f)));
  const std::vector<Tensor> black{Tensor({1, 1, 4, 4}, std::vector<float>(16))};
  Notes notes;
  verify(lower(quantize_model(graph, feed(black), {}, &notes)));
  EXPECT_THAT(notes, ElementsAre(testing::AllOf(HasSubstr("(Relu): scale raised from"), HasSubstr("a step of its exact sums is beyond its whole range"))));
}

}  // namespace
}  // namespace bitloom
