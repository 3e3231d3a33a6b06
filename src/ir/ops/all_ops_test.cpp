#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "ir/op.h"

namespace bitloom {
namespace {

TEST(AllOps, ListsEveryOperatorOnce) {
  const auto names = all_op_names();
  EXPECT_EQ(std::set<std::string_view>(names.begin(), names.end()).size(), names.size());
  EXPECT_THAT(std::vector<std::string_view>(names.begin(), names.end()),
              testing::UnorderedElementsAre("Conv2d", "Gemm", "BatchNorm", "Relu", "Tanh", "Sigmoid", "Add", "MaxPool2d", "AveragePool2d",
                                            "SumPool2d", "Flatten", "Softmax", "Quantize", "Dequantize", "Requantize", "LookupTable"));
}

}  // namespace
}  // namespace bitloom
