#include <gtest/gtest.h>

#include <algorithm>

#include "ir/op.h"

namespace bitloom {
namespace {

TEST(AllOps, ListsEveryOperatorOnceInOrder) {
  const auto names = all_op_names();
  EXPECT_TRUE(std::ranges::is_sorted(names));
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

}  // namespace
}  // namespace bitloom
