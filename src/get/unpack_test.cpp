#include "get/unpack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/test_folder.h"
#include "get/sha256.h"
#include "get/test_archives.h"

namespace bitloom::get {
namespace fs = std::filesystem;
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class Unpack : public testing::Test {
 protected:
  void SetUp() override {
    Progress::set_quiet(true);
    make_directories(out());
  }
  void TearDown() override { Progress::set_quiet(false); }

  std::vector<UnpackedFile> unpack_bytes(const std::string& bytes) {
    std::ofstream(archive(), std::ios::binary) << bytes;
    return unpack(archive(), "top", out());
  }
  fs::path archive() const { return place_.path() / "an.archive"; }
  fs::path out() const { return place_.path() / "out"; }
  auto refuses(const std::string& entry, const std::string& why) const {
    return ThrowsMessage<InputError>(AllOf(HasSubstr("an.archive: its entry '" + entry + "'"), HasSubstr(why)));
  }

  TestFolder place_;
};

TEST_F(Unpack, TakesTarAndZipAlike) {
  for (const bool as_zip : {false, true}) {
    const std::string big(200000, 'b');
    const auto files = unpack_bytes(pack({{.name = "top/", .is_folder = true},
                                          {.name = "./top/deep/one.txt", .content = "1"},
                                          {.name = "top/big", .content = big},
                                          {.name = "top/empty"},
                                          {.name = "elsewhere/two", .content = "2"}},
                                         as_zip));
    ASSERT_EQ(files.size(), 3u);
    EXPECT_EQ(files[0].name, "deep/one.txt");
    EXPECT_EQ(files[0].sha256, "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b");  // of "1"
    EXPECT_EQ(read_file(out() / "big"), big);
    EXPECT_EQ(sha256_of_file(out() / "big"), files[1].sha256);
    EXPECT_EQ(read_file(out() / "empty"), "");
    EXPECT_FALSE(fs::exists(out() / "two"));
    struct stat status {};
    stat((out() / "big").c_str(), &status);
    EXPECT_EQ(status.st_mode & 07111u, 0u) << "permissions of the archive's entries do not come along";
    fs::remove_all(out());
    make_directories(out());
  }
}

TEST_F(Unpack, RefusesEntriesThatLeaveTheFolder) {
  for (const bool as_zip : {false, true}) {
    for (const std::string name : {"../evil", "top/../../evil", "top/..", "elsewhere/../../evil"})
      EXPECT_THAT([&] { unpack_bytes(pack({{.name = name, .content = "x"}}, as_zip)); }, refuses(name, "leaves the folder")) << as_zip;
    EXPECT_THAT([&] { unpack_bytes(pack({{.name = "/top/evil", .content = "x"}}, as_zip)); }, refuses("/top/evil", "absolute"));
  }
  EXPECT_THAT([&] { unpack_bytes(tar_gz({{.name = "top/a\nb", .content = "x"}})); }, refuses("top/a?b", "control character"));
  EXPECT_FALSE(fs::exists(place_.path() / "evil"));
}

TEST_F(Unpack, RefusesLinksAndDevices) {
  EXPECT_THAT([&] { unpack_bytes(tar_gz({{.name = "top/link", .symlink = "/etc"}, {.name = "top/link/evil", .content = "x"}})); },
              refuses("top/link", "is a link or a device"));
  EXPECT_THAT([&] { unpack_bytes(zip({{.name = "top/link", .symlink = ".."}})); }, refuses("top/link", "is a link or a device"));
  EXPECT_THAT([&] { unpack_bytes(tar_gz({{.name = "top/one", .content = "1"}, {.name = "top/hard", .hardlink = "top/one"}})); },
              refuses("top/hard", "is a link or a device"));
  fs::remove(out() / "one");
  EXPECT_THAT([&] { unpack_bytes(tar_gz({{.name = "elsewhere/pipe", .is_fifo = true}})); },
              refuses("elsewhere/pipe", "is a link or a device"));
  EXPECT_TRUE(fs::is_empty(out()));
}

TEST_F(Unpack, RefusesANameThatComesTwice) {
  EXPECT_THAT([&] { unpack_bytes(tar_gz({{.name = "top/one", .content = "1"}, {.name = "top/./one", .content = "2"}})); },
              refuses("top/./one", "comes twice"));
}

TEST_F(Unpack, RefusesWhatIsNoArchiveOrADamagedOne) {
  const auto damaged = ThrowsMessage<InputError>(HasSubstr("an.archive: damaged archive: "));
  EXPECT_THAT([&] { unpack_bytes("<html>no archive</html>"); }, damaged);
  std::string noise;
  for (unsigned i = 0, x = 1; i < 100000; ++i) noise += static_cast<char>((x = x * 1103515245u + 12345u) >> 16);
  const std::string good = tar_gz({{.name = "top/one", .content = noise}});
  EXPECT_THAT([&] { unpack_bytes(good.substr(0, good.size() / 2)); }, damaged);
  fs::remove(out() / "one");
  EXPECT_THAT([&] { unpack_bytes(tar_gz({{.name = "elsewhere/one", .content = "1"}})); },
              ThrowsMessage<InputError>(HasSubstr("holds nothing in a folder 'top'")));
}

TEST_F(Unpack, StopsWhenAsked) {
  std::ofstream(archive(), std::ios::binary) << tar_gz({{.name = "top/one", .content = "1"}});
  EXPECT_THROW(unpack(archive(), "top", out(), [] { return true; }), Stopped);
}

}  // namespace
}  // namespace bitloom::get
