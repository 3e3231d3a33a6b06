#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "base/error.h"
#include "data/checksum.h"
#include "data/dataset.h"

namespace bitloom::data {
namespace fs = std::filesystem;
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// The folder with real data sets: BITLOOM_TEST_DATA, or shared/data beside the checkout.
fs::path real_data() {
  if (const char* folder = std::getenv("BITLOOM_TEST_DATA")) return folder;
  const char* source = std::getenv("BITLOOM_SOURCE_DIR");
  return source == nullptr ? fs::path() : fs::path(source).parent_path() / "shared" / "data";
}

TEST(OpenDataset, SuggestsTheNearestNameForAnUnknownSet) {
  EXPECT_THAT([] { open_dataset("digit"); }, ThrowsMessage<InputError>(AllOf(HasSubstr("no data set 'digit'"), HasSubstr("'digits'"))));
  EXPECT_THAT([] { open_dataset("imagenet"); }, ThrowsMessage<InputError>(HasSubstr("landcover")));
}

TEST(OpenDataset, RefusesToResizeAGeneratedSet) {
  EXPECT_THAT([] { open_dataset("digits", {.height = 32, .width = 32}); },
              ThrowsMessage<InputError>(HasSubstr("digits: images are 28x28")));
  EXPECT_EQ(open_dataset("digits", {.height = 28, .width = 28}).test->size(), 5000);
}

TEST(OpenDataset, KnowsEverySetThatItLists) {
  for (const DatasetInfo& info : known_datasets()) {
    if (info.origin != "generated") continue;
    EXPECT_EQ(open_dataset(info.name).train->class_names().size(), 10u) << info.name;
  }
}

class RealData : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Idx, RealData, testing::Values("mnist", "fashion-mnist"),
                         [](const auto& set) { return set.param[0] == 'm' ? "mnist" : "fashion"; });

TEST_P(RealData, ValidationSharesNoImageWithTrainingAndHasATenthOfEveryClass) {
  const fs::path folder = real_data();
  if (!fs::exists(folder / GetParam())) GTEST_SKIP() << "no real data: set BITLOOM_TEST_DATA to a folder that holds " << GetParam() << "/";
  const Splits splits = open_dataset(GetParam(), {.data_dir = folder, .seed = 3});
  EXPECT_EQ(splits.train->size() + splits.validation->size(), 60000);
  EXPECT_EQ(splits.test->size(), 10000);
  EXPECT_NEAR(static_cast<double>(splits.validation->size()), 6000, 20);
  const std::vector<std::uint64_t> train = image_hashes(*splits.train);
  const std::set<std::uint64_t> in_training(train.begin(), train.end());
  for (const std::uint64_t hash : image_hashes(*splits.validation)) EXPECT_EQ(in_training.count(hash), 0u);
}

}  // namespace
}  // namespace bitloom::data
