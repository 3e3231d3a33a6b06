#include "serve/runs/metrics_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/test_folder.h"
#include "serve/testing/sample_run.h"

namespace bitloom::serve {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

class Metrics : public testing::Test {
 protected:
  /// Brings the reader up to date and returns the epochs that it has.
  std::vector<double> read(Deadline deadline = Deadline::max()) {
    const OpenFile open_file = ConfinedFolder::open(folder_.path()).file("m.jsonl");
    if (open_file)
      reader_.update(open_file, "m.jsonl", deadline);
    else
      reader_.clear("m.jsonl: missing");
    std::vector<double> epochs;
    for (const EpochRow& row : reader_.rows()) epochs.push_back(row[kEpoch]);
    return epochs;
  }

  TestFolder folder_;
  const fs::path file_ = folder_.path() / "m.jsonl";
  MetricsReader reader_;
};

TEST_F(Metrics, GrowWithAFileThatIsAppendedTo) {
  put(file_, metrics_lines(1, 2));
  EXPECT_THAT(read(), ElementsAre(1, 2));
  const std::uint64_t generation = reader_.generation();
  append(file_, metrics_line(3));
  EXPECT_THAT(read(), ElementsAre(1, 2, 3));
  append(file_, metrics_lines(4, 5));
  EXPECT_THAT(read(), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(reader_.generation(), generation) << "the rows of before are still right";
  EXPECT_THAT(reader_.problems(), IsEmpty());
}

TEST_F(Metrics, GrowWithAFileThatIsReplacedWholeAsTheTrainerDoes) {
  write_file(file_, "");
  EXPECT_THAT(read(), IsEmpty());
  const std::uint64_t generation = reader_.generation();
  for (int epoch = 1; epoch <= 4; ++epoch) {
    write_file(file_, metrics_lines(1, epoch));
    EXPECT_EQ(read().size(), static_cast<std::size_t>(epoch));
  }
  EXPECT_EQ(reader_.generation(), generation);
}

TEST_F(Metrics, NameAHalfLineUntilItIsWhole) {
  const std::string third = metrics_line(3);
  put(file_, metrics_lines(1, 2) + third.substr(0, 40));
  EXPECT_THAT(read(), ElementsAre(1, 2));
  EXPECT_THAT(reader_.problems(), ElementsAre(StartsWith("m.jsonl:3: half a line: not JSON from byte ")));
  append(file_, third.substr(40));
  EXPECT_THAT(read(), ElementsAre(1, 2, 3));
  EXPECT_THAT(reader_.problems(), IsEmpty());
}

TEST_F(Metrics, TakeALastLineWithoutItsEnd) {
  std::string lines = metrics_lines(1, 2);
  lines.pop_back();
  put(file_, lines);
  EXPECT_THAT(read(), ElementsAre(1, 2));
  append(file_, "\n" + metrics_line(3));
  EXPECT_THAT(read(), ElementsAre(1, 2, 3));
  EXPECT_THAT(reader_.problems(), IsEmpty());
}

TEST_F(Metrics, AreTheSameWhereverAWriterWasInterrupted) {
  const std::string lines = metrics_lines(1, 3);
  for (std::size_t cut = 0; cut <= lines.size(); ++cut) {
    MetricsReader fresh;
    std::swap(reader_, fresh);
    put(file_, lines.substr(0, cut));
    read();
    append(file_, lines.substr(cut));
    ASSERT_THAT(read(), ElementsAre(1, 2, 3)) << "cut at byte " << cut;
    ASSERT_THAT(reader_.problems(), IsEmpty()) << "cut at byte " << cut;
  }
}

TEST_F(Metrics, NameBadLinesAndReadTheOthers) {
  put(file_, metrics_line(1) + "nonsense\n" + metrics_line(2) + "\n" + "{\"epoch\":2}\n{\"epoch\":\"x\"}\n" + metrics_line(3));
  EXPECT_THAT(read(), ElementsAre(1, 2, 3));
  EXPECT_THAT(reader_.problems(), ElementsAre(StartsWith("m.jsonl:2: not JSON"), "m.jsonl:5: epoch 2 stands behind epoch 2",
                                              "m.jsonl:6: 'epoch' is not a number"));
}

TEST_F(Metrics, NameAFewOfManyBadLines) {
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "\xff\xfe\n";
  put(file_, lines);
  EXPECT_THAT(read(), IsEmpty());
  ASSERT_EQ(reader_.problems().size(), 6u);
  EXPECT_EQ(reader_.problems().back(), "m.jsonl: and 95 more bad lines");
}

TEST_F(Metrics, PassOverALineThatIsTooLong) {
  put(file_, metrics_line(1) + std::string(3'000'000, 'x'));
  EXPECT_THAT(read(), ElementsAre(1));
  EXPECT_THAT(reader_.problems(), ElementsAre("m.jsonl:2: longer than 16 KB"));
  append(file_, std::string(50'000, 'x'));
  EXPECT_THAT(read(), ElementsAre(1));
  append(file_, "\n" + metrics_line(2));
  EXPECT_THAT(read(), ElementsAre(1, 2));
  EXPECT_THAT(reader_.problems(), ElementsAre("m.jsonl:2: longer than 16 KB"));
  put(file_, metrics_line(1) + std::string(20'000, 'x') + "\n" + metrics_line(2));
  EXPECT_THAT(read(), ElementsAre(1, 2));
}

TEST_F(Metrics, AreReadAnewFromAFileThatBecameShorter) {
  put(file_, metrics_lines(1, 5));
  read();
  const std::uint64_t generation = reader_.generation();
  put(file_, metrics_lines(1, 2));
  EXPECT_THAT(read(), ElementsAre(1, 2));
  EXPECT_GT(reader_.generation(), generation);
}

TEST_F(Metrics, AreReadAnewWhenATrainingBeganAgainAndGotFurther) {
  write_file(file_, metrics_lines(1, 3, 1.8e9));
  read();
  const std::uint64_t generation = reader_.generation();
  write_file(file_, metrics_lines(1, 6, 1.8e9 + 1000));  // other times: another training
  EXPECT_THAT(read(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_GT(reader_.generation(), generation);
  EXPECT_EQ(reader_.rows().front()[kFinishedAt], 1.8e9 + 1010);
}

TEST_F(Metrics, AreReadAnewWhenGarbageIsReplaced) {
  put(file_, "garbage\nmore garbage\n");
  EXPECT_THAT(read(), IsEmpty());
  put(file_, metrics_lines(1, 2));
  EXPECT_THAT(read(), ElementsAre(1, 2));
  EXPECT_THAT(reader_.problems(), IsEmpty());
}

TEST_F(Metrics, AreGoneWithTheirFileAndComeBackWithIt) {
  put(file_, metrics_lines(1, 2));
  read();
  const std::uint64_t generation = reader_.generation();
  fs::remove(file_);
  EXPECT_THAT(read(), IsEmpty());
  EXPECT_THAT(reader_.problems(), ElementsAre("m.jsonl: missing"));
  put(file_, metrics_lines(1, 2));
  EXPECT_THAT(read(), ElementsAre(1, 2));
  EXPECT_THAT(reader_.problems(), IsEmpty());
  EXPECT_GT(reader_.generation(), generation);
}

TEST_F(Metrics, OfALongFileAreReadInPartsThatEachEndSoon) {
  put(file_, metrics_lines(1, 10'000));
  std::size_t rows = 0, looks = 0;
  do {
    const std::size_t now = read(Deadline::min()).size();
    EXPECT_GT(now, rows);
    rows = now;
    ++looks;
  } while (reader_.unread() && looks < 1000);
  EXPECT_EQ(rows, 10'000u);
  EXPECT_GT(looks, 5u);
}

TEST_F(Metrics, AreNotReadAgainWhileTheFileStaysAsItIs) {
  put(file_, metrics_lines(1, 2));
  read();
  const OpenFile open_file = ConfinedFolder::open(folder_.path()).file("m.jsonl");
  OpenFile unreadable;  // the same identity and nothing behind it: a read would find an empty file and start over
  unreadable.status = open_file.status;
  const std::uint64_t generation = reader_.generation();
  reader_.update(unreadable, "m.jsonl", Deadline::max());
  EXPECT_EQ(reader_.rows().size(), 2u);
  EXPECT_EQ(reader_.generation(), generation);
}

}  // namespace
}  // namespace bitloom::serve
