#include "passes/quantize/repair/channel_moments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bitloom {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

TEST(ChannelMoments, AreOverAllImagesRowsAndPlaces) {
  Graph graph("net");
  const Value* x = graph.add_input("x", {{2, 2, 2}, ElementType::float32(), {}});
  ChannelMoments moments({x});
  // Channel 0 is 1, 3 in the first row and 5, 7 in the second; then 4 everywhere.
  moments.add(std::vector<std::vector<Tensor>>{{Tensor({2, 2, 2}, {1, 3, 10, 10, 5, 7, 10, 30})}});
  moments.add(std::vector<std::vector<Tensor>>{{Tensor({2, 2, 2}, {4, 4, 15, 15, 4, 4, 15, 15})}});
  EXPECT_EQ(moments.images(), 2);
  EXPECT_THAT(moments.means(0), ElementsAre(4, 15));
  EXPECT_THAT(moments.deviations(0), ElementsAre(DoubleNear(std::sqrt(2.5), 1e-12), DoubleNear(std::sqrt(37.5), 1e-12)));
}

}  // namespace
}  // namespace bitloom
