#include "train/step_log.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/test_folder.h"

namespace bitloom::train {
namespace {

constexpr const char* kFirst = "{\"step\":1,\"epoch\":1,\"loss\":2.5,\"top1\":10.0,\"learning_rate\":0.01}\n";
constexpr const char* kSecond = "{\"step\":2,\"epoch\":1,\"loss\":2.25,\"top1\":12.5,\"learning_rate\":0.01}\n";

TEST(StepLog, HoldsALineAStepAsSoonAsItIsAdded) {
  const TestFolder folder;
  StepLog log(folder.path() / "steps", 0);
  log.add({1, 1, 2.5, 10, 0.01});
  EXPECT_EQ(read_file(folder.path() / "steps"), kFirst);
  log.add({2, 1, 2.25, 12.5, 0.01});
  EXPECT_EQ(read_file(folder.path() / "steps"), std::string(kFirst) + kSecond);
}

TEST(StepLog, GoesOnBehindTheStepsThatACheckpointHolds) {
  const TestFolder folder;
  const auto path = folder.path() / "steps";
  write_file(path, std::string(kFirst) + kSecond + "{\"step\":3,\"ep");
  StepLog(path, 2).add({3, 2, 2, 20, 0.005});
  EXPECT_EQ(read_file(path), std::string(kFirst) + kSecond + "{\"step\":3,\"epoch\":2,\"loss\":2.0,\"top1\":20.0,\"learning_rate\":0.005}\n");
  StepLog(path, 1).add({2, 1, 2.25, 12.5, 0.01});
  EXPECT_EQ(read_file(path), std::string(kFirst) + kSecond);
  StepLog(path, 0);
  EXPECT_EQ(read_file(path), "") << "a training that starts anew";
}

TEST(StepLog, SaysThatItsFileCannotBeWritten) { EXPECT_THROW(StepLog("/nowhere/steps", 0), InputError); }

}  // namespace
}  // namespace bitloom::train
