#include "base/error.h"

#include <gtest/gtest.h>

namespace bitloom {
namespace {

TEST(Error, SaysWhereWhatAndTheFixOnOneLine) {
  EXPECT_STREQ(InputError("recipe.yaml:12", "unknown key 'epoch'", "did you mean 'epochs'?").what(),
               "recipe.yaml:12: unknown key 'epoch'; did you mean 'epochs'?");
}

TEST(Error, LeavesOutTheMissingParts) {
  EXPECT_STREQ(InputError("", "no network given").what(), "no network given");
  EXPECT_STREQ(InputError("", "no network given", "add 'network: lenet5'").what(), "no network given; add 'network: lenet5'");
  EXPECT_STREQ(CheckError("hardware/verify.json", "3 outputs differ").what(), "hardware/verify.json: 3 outputs differ");
}

TEST(Error, StaysOneLineWhateverAFileIsCalled) {
  EXPECT_STREQ(InputError("a\nb\t.jpg", "not an image").what(), "a?b?.jpg: not an image");
}

TEST(Error, ExitsWith2ForBadInputAnd1ForAFailedCheck) {
  EXPECT_EQ(InputError("", "x").exit_code(), 2);
  EXPECT_EQ(CheckError("", "x").exit_code(), 1);
}

}  // namespace
}  // namespace bitloom
