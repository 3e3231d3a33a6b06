#include "serve/runs/confined_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/test_folder.h"
#include "serve/testing/sample_run.h"

namespace bitloom::serve {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class Confined : public testing::Test {
 protected:
  void SetUp() override {
    put(root_ / "a/b/file", "inside");
    put(folder_.path() / "outside/file", "outside");
  }
  /// What can be read by that name, or why it cannot.
  std::string read(std::string_view path) const {
    const OpenFile file = ConfinedFolder::open(root_).file(path);
    return file ? read_all(file, 100) : file.refusal();
  }

  TestFolder folder_;
  const fs::path root_ = folder_.path() / "root";
};

TEST_F(Confined, OpensFilesBelowIt) {
  EXPECT_EQ(read("a/b/file"), "inside");
  const ConfinedFolder b = ConfinedFolder::open(root_).folder("a/b");
  EXPECT_EQ(read_all(b.file("file"), 100), "inside");
  EXPECT_EQ(read_all(b.folder(".").file("file"), 100), "inside");
}

TEST_F(Confined, TakesNoWayUpAndNoAbsolutePath) {
  for (const char* path :
       {"../outside/file", "a/../../outside/file", "a/b/../b/file", "/etc/passwd", "a//b/file", "./a/b/file", "a/b/file/", "", "..", "."})
    EXPECT_EQ(read(path), "missing") << path;
  EXPECT_EQ(read(std::string_view("a/b/file\0x", 10)), "missing");
  EXPECT_FALSE(ConfinedFolder::open(root_).folder(".."));
  EXPECT_FALSE(ConfinedFolder::open(root_).folder("a/.."));
}

TEST_F(Confined, FollowsNoLinkWhereverItLeads) {
  fs::create_symlink(folder_.path() / "outside/file", root_ / "file_out");
  fs::create_directory_symlink(folder_.path() / "outside", root_ / "folder_out");
  fs::create_directory_symlink("a/b", root_ / "folder_in");
  EXPECT_EQ(read("file_out"), "a link, which is not followed");
  EXPECT_EQ(read("folder_out/file"), "a link, which is not followed");
  EXPECT_EQ(read("folder_in/file"), "a link, which is not followed");
  EXPECT_THAT(ConfinedFolder::open(root_).folders(10), ElementsAre("a"));
}

TEST_F(Confined, MayItselfBeALink) {
  fs::create_directory_symlink(root_, folder_.path() / "link");
  EXPECT_EQ(read_all(ConfinedFolder::open(folder_.path() / "link").file("a/b/file"), 100), "inside");
}

TEST_F(Confined, DoesNotWaitForAPipeNorReadAFolder) {
  ASSERT_EQ(mkfifo((root_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read("pipe"), "not a file");
  EXPECT_EQ(read("a/b"), "not a file");
  EXPECT_EQ(read("a/b/file/more"), "missing");
}

TEST_F(Confined, ListsFoldersWithoutHiddenOnesAndAtMostSoMany) {
  for (const char* name : {"z", "c", ".hidden"}) fs::create_directory(root_ / name);
  put(root_ / "plain file", "");
  const ConfinedFolder root = ConfinedFolder::open(root_);
  EXPECT_THAT(root.folders(10), ElementsAre("a", "c", "z"));
  EXPECT_THAT(root.folders(10), ElementsAre("a", "c", "z")) << "a second time";
  EXPECT_EQ(root.folders(2).size(), 2u);
}

TEST_F(Confined, SaysWhatIsMissing) {
  EXPECT_FALSE(ConfinedFolder::open(folder_.path() / "nowhere"));
  const ConfinedFolder folder = ConfinedFolder::open(root_ / "a");
  fs::remove_all(root_);
  EXPECT_EQ(folder.file("b/file").refusal(), "missing");
  EXPECT_FALSE(folder.file("b/file").exists());
  EXPECT_THAT(folder.folders(10), IsEmpty());
}

TEST_F(Confined, ReadsNoMoreThanAskedFor) {
  const OpenFile file = ConfinedFolder::open(root_).file("a/b/file");
  EXPECT_EQ(read_all(file, 6), "inside");
  EXPECT_THROW(read_all(file, 5), CheckError);
}

}  // namespace
}  // namespace bitloom::serve
