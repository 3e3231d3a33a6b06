#include "base/text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace bitloom {
namespace {

const std::vector<std::string> kKeys{"epochs", "batch", "optimizer", "learning_rate"};

TEST(Nearest, FindsAKeyAcrossEachKindOfEdit) {
  EXPECT_EQ(nearest("epoch", kKeys), "epochs");                 // insert
  EXPECT_EQ(nearest("epochss", kKeys), "epochs");               // delete
  EXPECT_EQ(nearest("learning-rate", kKeys), "learning_rate");  // replace
  EXPECT_EQ(nearest("bacth", kKeys), "batch");                  // swap: one edit, where two replacements would be too many
}

TEST(Nearest, CountsASwapOfNeighboursAsOneEdit) {
  const std::vector<std::string> words{"ab"};
  EXPECT_EQ(nearest("ba", words), "ab");
}

TEST(Nearest, FindsNothingWhenMoreThanAThirdOfTheWordDiffers) {
  EXPECT_EQ(nearest("momentum", kKeys), "");
  const std::vector<std::string> words{"abcdef"};
  EXPECT_EQ(nearest("abcdxy", words), "abcdef");  // two of six
  EXPECT_EQ(nearest("abcxyz", words), "");        // three of six
}

TEST(Nearest, TakesTheFirstOfEquallyNearCandidates) {
  const std::vector<std::string> words{"cat", "car"};
  EXPECT_EQ(nearest("cab", words), "cat");
}

TEST(Nearest, FindsNothingAmongNoCandidates) { EXPECT_EQ(nearest("word", {}), ""); }

TEST(Suggest, AsksForTheNearKeyOrListsAll) {
  EXPECT_EQ(suggest("epoch", kKeys), "did you mean 'epochs'?");
  EXPECT_EQ(suggest("momentum", kKeys), "choose one of: epochs, batch, optimizer, learning_rate");
}

TEST(Join, PutsTheSeparatorBetweenPartsOnly) {
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(join(std::vector<std::string>{"a"}, ", "), "a");
  EXPECT_EQ(join(std::vector<std::string>{"a", "", "c"}, ", "), "a, , c");
}

TEST(Printable, KeepsAnErrorOnOneShortLine) {
  EXPECT_EQ(printable("conv1/\xc3\xa4"), "conv1/\xc3\xa4");
  EXPECT_EQ(printable("a\nb\x1b[31m\x7f"), "a?b?[31m?");
  EXPECT_EQ(printable(std::string(80, 'x')), std::string(80, 'x'));
  EXPECT_EQ(printable(std::string(81, 'x')), std::string(80, 'x') + "...");
}

TEST(Sparkline, RisesFromTheLeastToTheGreatest) {
  EXPECT_EQ(sparkline(std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7}, 20), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline(std::vector<double>{7, -7}, 20), "█▁");
  EXPECT_EQ(sparkline(std::vector<double>{3, 3, 3}, 20), "▁▁▁");
  EXPECT_EQ(sparkline({}, 20), "");
}

TEST(Sparkline, AveragesWhatHasNoCellOfItsOwn) {
  EXPECT_EQ(sparkline(std::vector<double>{0, 0, 6, 8}, 2), "▁█");
  EXPECT_EQ(sparkline(std::vector<double>(1000, 1), 24).size(), 24u * 3);
}

TEST(Sparkline, LeavesABlankForWhatIsNoNumber) {
  EXPECT_EQ(sparkline(std::vector<double>{0, NAN, 1, INFINITY}, 9), "▁ █ ");
}

TEST(HumanBytes, UsesPowersOf1000AndNeverPrints1000OfAUnit) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1000), "1.0 KB");
  EXPECT_EQ(human_bytes(83'410), "83.4 KB");
  EXPECT_EQ(human_bytes(999'949), "999.9 KB");
  EXPECT_EQ(human_bytes(999'950), "1.0 MB");
  EXPECT_EQ(human_bytes(5'000'000'000), "5.0 GB");
  EXPECT_EQ(human_bytes(-83'410), "-83.4 KB");
}

TEST(HumanDuration, KeepsThreeFiguresAndCarriesAtEveryUnit) {
  EXPECT_EQ(human_duration(0), "0.0 us");
  EXPECT_EQ(human_duration(7.505e-6), "7.5 us");
  EXPECT_EQ(human_duration(12e-6), "12 us");
  EXPECT_EQ(human_duration(1.25e-3), "1.2 ms");
  EXPECT_EQ(human_duration(0.85), "850 ms");
  EXPECT_EQ(human_duration(0.9999), "1.0 s");
  EXPECT_EQ(human_duration(12.34), "12.3 s");
  EXPECT_EQ(human_duration(59.96), "1 min 00 s");
  EXPECT_EQ(human_duration(245), "4 min 05 s");
  EXPECT_EQ(human_duration(3599.7), "1 h 00 min");
  EXPECT_EQ(human_duration(7800), "2 h 10 min");
}

}  // namespace
}  // namespace bitloom
