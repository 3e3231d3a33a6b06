#include "passes/clean/spatial_means.h"

#include <gtest/gtest.h>

#include "ir/ops/reduce.h"
#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;

Graph mean_of_an_image(bool keep_dims) {
  RandomStream random({1});
  ReduceMean mean;
  mean.axes = {2, 3};
  mean.keep_dims = keep_dims;
  return Builder(random, {1, 2, 7, 5}).conv(3, 3).then(mean).finish();
}

TEST(SpatialMeans, BecomeAveragePoolsThatGiveTheSameNumbers) {
  for (const bool keep_dims : {true, false}) {
    const Graph before = mean_of_an_image(keep_dims);
    Graph after = before.clone();
    EXPECT_EQ(spatial_means_to_pools(after), 1);
    verify(after);
    EXPECT_TRUE(after.nodes_of<ReduceMean>().empty());
    EXPECT_EQ(after.nodes_of<AveragePool2d>().size(), 1u);
    RandomStream random({2});
    const Tensor image = random_floats(random, {1, 2, 7, 5});
    const Tensor expected = Interpreter(before).run(image), actual = Interpreter(after).run(image);
    EXPECT_TRUE(std::ranges::equal(actual.floats(), expected.floats()));
  }
}

TEST(SpatialMeans, LeavesMeansOverOtherAxesAlone) {
  RandomStream random({1});
  ReduceMean mean;
  mean.axes = {1};
  Graph graph = Builder(random, {1, 2, 7, 5}).then(mean).finish();
  EXPECT_EQ(spatial_means_to_pools(graph), 0);
  EXPECT_EQ(graph.nodes_of<ReduceMean>().size(), 1u);
}

}  // namespace
}  // namespace bitloom
