#include "train/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "base/test_folder.h"

namespace bitloom::train {
namespace {

namespace fs = std::filesystem;

TEST(RunFolder, ClearsAwayOnlyTheTemporaryFilesOfItsOwnTargets) {
  const TestFolder folder;
  const fs::path root = folder.path() / "run";
  make_directories(root / "train");
  make_directories(root / "models");
  for (const char* name : {"train/checkpoint", "train/checkpoint.tmp.4711", "train/metrics.jsonl.tmp.4711", "models/float.onnx.tmp.4711",
                           "models/mine.tmp.1", "train/notes"})
    write_file(root / name, "x");
  const RunFolder run(root);
  for (const char* stays : {"train/checkpoint", "models/mine.tmp.1", "train/notes"}) EXPECT_TRUE(fs::exists(root / stays)) << stays;
  for (const char* goes : {"train/checkpoint.tmp.4711", "train/metrics.jsonl.tmp.4711", "models/float.onnx.tmp.4711"})
    EXPECT_FALSE(fs::exists(root / goes)) << goes;
}

TEST(RunFolder, BelongsToOneTrainingAtATime) {
  const TestFolder folder;
  {
    const RunFolder first(folder.path());
    EXPECT_THROW(RunFolder second(folder.path()), InputError);
  }
  EXPECT_NO_THROW(RunFolder after(folder.path()));
}

TEST(RunFolder, SaysWhichFolderCannotBeMade) {
  const TestFolder folder;
  write_file(folder.path() / "file", "");
  try {
    const RunFolder run(folder.path() / "file");
    FAIL() << "made a folder below a file";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr((folder.path() / "file").string()));
  }
}

}  // namespace
}  // namespace bitloom::train
