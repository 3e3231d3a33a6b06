#include "train/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace bitloom::train {
namespace {

TEST(OpenDevice, GivesTheProcessor) { EXPECT_FALSE(open_device("cpu", 3).is_cuda); }

#ifndef BITLOOM_TORCH_CUDA
TEST(OpenDevice, SaysThatThisLibTorchHasNoCuda) {
  try {
    open_device("cuda", 0);
    FAIL() << "found a GPU";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::StartsWith("train.device = cuda: this LibTorch was built without CUDA (LibTorch "));
  }
}
#endif

}  // namespace
}  // namespace bitloom::train
