#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "base/error.h"
#include "base/test_folder.h"
#include "base/tiny_disk.h"

namespace bitloom {
namespace fs = std::filesystem;
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

TEST(ReadFile, ReturnsEveryByte) {
  const TestFolder folder;
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes += static_cast<char>(i * 7);
  std::ofstream(folder.path() / "bytes", std::ios::binary) << bytes;
  EXPECT_EQ(read_file(folder.path() / "bytes"), bytes);
}

TEST(ReadFile, ReadsFilesThatHaveNoSize) { EXPECT_THAT(read_file("/proc/self/status"), HasSubstr("VmPeak")); }

TEST(ReadFile, NamesTheFileAndTheReason) {
  const TestFolder folder;
  const std::string missing = (folder.path() / "missing").string();
  EXPECT_THAT([&] { read_file(missing); }, ThrowsMessage<InputError>(missing + ": cannot read: No such file or directory"));
  EXPECT_THAT([&] { read_file(folder.path()); }, ThrowsMessage<InputError>(HasSubstr("Is a directory")));
}

TEST(WriteFile, ReplacesTheContentsAndLeavesNothingElse) {
  const TestFolder folder;
  write_file(folder.path() / "a", "first and longer");
  write_file(folder.path() / "a", std::string_view("se\0cond", 7));
  EXPECT_EQ(read_file(folder.path() / "a"), std::string("se\0cond", 7));
  EXPECT_THAT(names_in(folder.path()), ElementsAre("a"));
}

TEST(WriteFile, NamesAFolderThatIsNotThere) {
  const TestFolder folder;
  EXPECT_THAT([&] { write_file(folder.path() / "none" / "a", "x"); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("none/a: cannot write"), HasSubstr("No such file"))));
}

TEST(WriteFile, KeepsTheOldFileWhenTheNewOneCannotBeWrittenInFull) {
  const TestFolder folder;
  write_file(folder.path() / "a", "old");
  // A limit on file size fails in the middle of the write, as a full disk does, and needs no rights.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1000, before.rlim_max};
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  std::string message;
  try {
    write_file(folder.path() / "a", std::string(5000, 'n'));
  } catch (const InputError& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  EXPECT_THAT(message, HasSubstr("a: cannot write: File too large"));
  EXPECT_EQ(read_file(folder.path() / "a"), "old");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("a"));
}

TEST(WriteFile, SaysThatTheDiskIsFullAndKeepsTheOldFile) {
  const TestFolder folder;
  const TinyDisk disk(folder.path() / "disk");
  if (!disk.mounted) GTEST_SKIP() << "mounting a small disk needs root";
  write_file(folder.path() / "disk/a", "old");
  EXPECT_THAT([&] { write_file(folder.path() / "disk/a", std::string(100'000, 'n')); },
              ThrowsMessage<InputError>(HasSubstr("a: cannot write: No space left on device; free some space")));
  EXPECT_EQ(read_file(folder.path() / "disk/a"), "old");
  EXPECT_THAT(names_in(folder.path() / "disk"), ElementsAre("a"));
}

TEST(WriteFile, SaysThatTheFolderIsReadOnlyAndKeepsTheOldFile) {
  const TestFolder folder;
  TinyDisk disk(folder.path() / "disk");
  if (!disk.mounted) GTEST_SKIP() << "mounting a read-only disk needs root";
  write_file(folder.path() / "disk/a", "old");
  disk.make_read_only();
  EXPECT_THAT([&] { write_file(folder.path() / "disk/a", "new"); },
              ThrowsMessage<InputError>(HasSubstr("a: cannot write: Read-only file system; check the permissions")));
  EXPECT_THAT([&] { StagedDirectory(folder.path() / "disk/run"); }, ThrowsMessage<InputError>(HasSubstr("Read-only file system")));
  EXPECT_EQ(read_file(folder.path() / "disk/a"), "old");
}

TEST(StagedDirectory, AppearsOnlyWhenCommitted) {
  const TestFolder folder;
  const fs::path target = folder.path() / "parent/out";
  StagedDirectory staged(target);
  write_file(staged.path() / "a", "1");
  EXPECT_FALSE(fs::exists(target));
  staged.commit();
  EXPECT_EQ(read_file(target / "a"), "1");
  EXPECT_THAT(names_in(folder.path() / "parent"), ElementsAre("out"));
}

TEST(StagedDirectory, RemovesWhatWasWrittenWithoutACommit) {
  const TestFolder folder;
  {
    StagedDirectory staged(folder.path() / "out");
    write_file(staged.path() / "a", "1");
  }
  EXPECT_THAT(names_in(folder.path()), IsEmpty());
}

TEST(StagedDirectory, ReplacesAnEarlierCommitAsAWhole) {
  const TestFolder folder;
  for (const char* name : {"first", "second"}) {
    StagedDirectory staged(folder.path() / "out/");  // the slash names the same folder
    write_file(staged.path() / name, name);
    staged.commit();
  }
  EXPECT_THAT(names_in(folder.path() / "out"), ElementsAre(".bitloom", "second"));
  EXPECT_THAT(names_in(folder.path()), ElementsAre("out"));
}

TEST(StagedDirectory, KeepsTheEarlierCommitWhenTheNextOneIsAbandoned) {
  const TestFolder folder;
  {
    StagedDirectory staged(folder.path() / "out");
    write_file(staged.path() / "a", "1");
    staged.commit();
  }
  {
    StagedDirectory staged(folder.path() / "out");
    write_file(staged.path() / "a", "2");
  }
  EXPECT_EQ(read_file(folder.path() / "out/a"), "1");
}

TEST(StagedDirectory, TakesAnEmptyFolderButNeverAUsersOwn) {
  const TestFolder folder;
  fs::create_directory(folder.path() / "empty");
  StagedDirectory staged(folder.path() / "empty");
  staged.commit();
  EXPECT_TRUE(fs::exists(folder.path() / "empty/.bitloom"));

  fs::create_directory(folder.path() / "photos");
  write_file(folder.path() / "photos/cat.jpg", "cat");
  EXPECT_THAT([&] { StagedDirectory(folder.path() / "photos"); },
              ThrowsMessage<InputError>(HasSubstr("photos: exists and was not made by bitloom; choose another --out")));
  EXPECT_EQ(read_file(folder.path() / "photos/cat.jpg"), "cat");
}

TEST(StagedDirectory, RefusesToReplaceAFile) {
  const TestFolder folder;
  write_file(folder.path() / "out", "a file");
  EXPECT_THAT([&] { StagedDirectory(folder.path() / "out"); }, ThrowsMessage<InputError>(HasSubstr("exists and is not a folder")));
  EXPECT_THAT([&] { StagedDirectory(folder.path() / "out/below"); }, ThrowsMessage<InputError>(HasSubstr("out")));
  EXPECT_EQ(read_file(folder.path() / "out"), "a file");
}

TEST(MakeDirectories, CreatesParentsAndNamesWhatCannotBeCreated) {
  const TestFolder folder;
  make_directories(folder.path() / "a/b/c");
  EXPECT_TRUE(fs::is_directory(folder.path() / "a/b/c"));
  write_file(folder.path() / "file", "");
  EXPECT_THAT([&] { make_directories(folder.path() / "file/b"); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("file/b: cannot create folder"), HasSubstr("Not a directory"))));
}

TEST(FolderLock, KeepsOthersOutWhileItLives) {
  const TestFolder folder;
  {
    const FolderLock lock(folder.path(), "", "");
    EXPECT_THAT([&] { FolderLock(folder.path(), "somebody is at work here", "wait"); },
                ThrowsMessage<InputError>(HasSubstr(folder.path().string() + ": somebody is at work here; wait")));
  }
  EXPECT_NO_THROW(FolderLock(folder.path(), "", ""));
  EXPECT_THAT([&] { FolderLock(folder.path() / "none", "", ""); }, ThrowsMessage<InputError>(HasSubstr("none: cannot open: No such file")));
}

TEST(RemoveLeftovers, TakesTheTemporaryFilesAndFoldersOfOneTarget) {
  const TestFolder folder;
  for (const char* name : {"out", "out.tmp.1", "outer.tmp.1", "in.tmp.1"}) write_file(folder.path() / name, "");
  make_directories(folder.path() / "out.tmp.2/below");
  remove_leftovers(folder.path() / "out");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("in.tmp.1", "out", "outer.tmp.1"));
}

}  // namespace
}  // namespace bitloom
