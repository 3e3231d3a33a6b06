#include "get/get_set.h"

#include <cstdlib>
#include <fstream>

#include "base/tiny_disk.h"
#include "data/dataset.h"
#include "data/folder/stored_folder_set.h"
#include "data/test_images.h"
#include "get/test_archives.h"
#include "get/test_set.h"

namespace bitloom::get {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Get : public SetTest {};

TEST_F(Get, BringsEveryFileAndSecondTimeAsksForNone) {
  publish("a", content(300000, 1));
  publish("b", content(10, 2));
  EXPECT_EQ(get().downloaded, 2);
  EXPECT_EQ(read_file(file("a")), content(300000, 1));
  EXPECT_EQ(read_file(file("b")), content(10, 2));
  EXPECT_THAT(found(), ElementsAre("set", "set/a", "set/b"));
  const GetResult again = get();
  EXPECT_EQ(again.downloaded, 0);
  EXPECT_EQ(again.folder, place_.path() / "set");
  EXPECT_THAT(server_.ranges(), ElementsAre("", ""));
}

TEST_F(Get, TakesTheSetsOwnAddressWithoutFrom) {
  publish("a", "abc");
  set_.address = server_.address();
  GetOptions own = options();
  own.from.clear();
  EXPECT_EQ(get_set(set_, own).downloaded, 1);
  EXPECT_THAT(
      [&] {
        GetOptions ftp = options();
        ftp.from = "ftp://example.org/";
        get_set(set_, ftp);
      },
      refuses("is no http or https address"));
}

TEST_F(Get, LeavesFilesOfAnotherOriginAlone) {
  publish("a", "abc");
  make_directories(place_.path() / "set");
  std::ofstream(file("a")) << "mine";
  EXPECT_THAT([&] { get(); }, refuses("set/a: is not the published file"));
  EXPECT_EQ(read_file(file("a")), "mine");
  EXPECT_THAT(server_.ranges(), IsEmpty());
}

TEST_F(Get, RefusesWhatWouldBeReadInPlaceOfTheDownload) {
  publish("a.gz", "abc");
  make_directories(place_.path() / "set");
  std::ofstream(file("a")) << "unpacked by somebody";
  EXPECT_THAT([&] { get(); }, refuses("set/a: would be read instead of a.gz"));
  EXPECT_THAT(server_.ranges(), IsEmpty());
}

TEST_F(Get, WaitsForNoOtherProcessInTheSameFolder) {
  publish("a", "abc");
  make_directories(place_.path() / "set");
  const FolderLock other(place_.path() / "set", "", "");
  EXPECT_THAT([&] { get(); }, refuses("another `bitloom data get` is at work in this folder"));
}

TEST_F(Get, UnpacksAnArchiveAndChecksEveryFileOfItNextTime) {
  publish("a.tar.gz", tar_gz({{"top/one", "1"}, {"top/deep/two", "22"}}), "top");
  EXPECT_EQ(get().downloaded, 1);
  EXPECT_EQ(read_file(file("top/deep/two")), "22");
  EXPECT_FALSE(fs::exists(file("a.tar.gz")));
  EXPECT_EQ(get().downloaded, 0);
  std::ofstream(file("top/one")) << "x";
  EXPECT_EQ(get().downloaded, 1);
  EXPECT_EQ(read_file(file("top/one")), "1");
  fs::remove(file("top/deep/two"));
  EXPECT_EQ(get().downloaded, 1);
  EXPECT_EQ(read_file(file("top/deep/two")), "22");
  EXPECT_EQ(server_.ranges().size(), 3u);
}

TEST_F(Get, BringsATreeOfClassFoldersThatOpensAsASet) {
  std::vector<TestEntry> entries = {{.name = "tree/", .is_folder = true}};
  for (int i = 0; i < 12; ++i)
    entries.push_back({.name = (i < 6 ? "tree/Forest/" : "tree/River/") + std::to_string(i) + ".png",
                       .content = data::plain_png(4, 4, {static_cast<char>(i), 'g', 'b'})});
  publish("tree.zip", zip(entries), "tree");
  get();
  const data::StoredFolderSet set{"set", {"tree"}, {3, 4, 4}, 2, 12};
  const data::Splits splits = data::open_stored_folder(set, {.data_dir = place_.path()});
  EXPECT_EQ(splits.train->size() + splits.validation->size() + splits.test->size(), 12);
  EXPECT_THAT(splits.notes, IsEmpty());
}

TEST_F(Get, UnpacksAnArchiveThatIsThereWithoutDownloadingIt) {
  const std::string bytes = tar_gz({{"top/one", "1"}});
  publish("a.tar.gz", bytes, "top");
  make_directories(place_.path() / "set" / "top.tmp.1");  // what a killed process left
  std::ofstream(file("a.tar.gz"), std::ios::binary) << bytes;
  get();
  EXPECT_EQ(read_file(file("top/one")), "1");
  EXPECT_THAT(server_.ranges(), IsEmpty());
  EXPECT_THAT(found(), ElementsAre("set", "set/top", "set/top/.bitloom", "set/top/.sha256sums", "set/top/one"));
}

TEST_F(Get, LeavesAFolderOfAnotherOriginAlone) {
  publish("a.tar.gz", tar_gz({{"top/one", "1"}}), "top");
  make_directories(file("top"));
  std::ofstream(file("top/mine")) << "mine";
  EXPECT_THAT([&] { get(); }, refuses("set/top: is there, but not from `bitloom data get`"));
  EXPECT_THAT(server_.ranges(), IsEmpty());
}

TEST_F(Get, LeavesNothingUnpackedOfAHostileArchive) {
  publish("a.tar.gz", tar_gz({{"top/one", "1"}, {"top/../../evil", "2"}}), "top");
  EXPECT_THAT([&] { get(); }, refuses("a.tar.gz: its entry 'top/../../evil' leaves the folder"));
  EXPECT_THAT(found(), ElementsAre("set", "set/a.tar.gz"));
}

TEST_F(Get, SaysThatThereIsNoSpaceAndKeepsWhatHasCome) {
  const TinyDisk disk(place_.path() / "disk");
  if (!disk.mounted) GTEST_SKIP() << "mounting a small disk needs root";
  GetOptions there = options();
  there.data_dir = place_.path() / "disk";
  publish("a", content(100000, 19));
  EXPECT_THAT([&] { get_set(set_, there); }, refuses("disk/set: 100.0 KB more are needed, and 65.5 KB are free; free some space"));
  EXPECT_THAT(server_.ranges(), IsEmpty());
  EXPECT_FALSE(fs::exists(there.data_dir / "set"));
  // An archive that fits, of files that do not.
  set_.files.clear();
  publish("b.tar.gz", tar_gz({{"top/one", "1"}, {"top/zeros", std::string(500000, '\0')}}), "top");
  EXPECT_THAT([&] { get_set(set_, there); }, refuses("zeros: cannot write: No space left on device; free some space"));
  EXPECT_FALSE(fs::exists(there.data_dir / "set/top"));
  EXPECT_TRUE(fs::exists(there.data_dir / "set/b.tar.gz"));
}

/// The real set's published checksums, where its real files are at hand.
TEST(GetRealData, FashionMnistIsWhatItsTableSays) {
  const char *given = std::getenv("BITLOOM_TEST_DATA"), *source = std::getenv("BITLOOM_SOURCE_DIR");
  const fs::path data = given != nullptr    ? fs::path(given)
                        : source == nullptr ? fs::path()
                                            : fs::path(source).parent_path() / "shared" / "data";
  const data::RemoteSet& set = data::remote_set("fashion-mnist");
  if (!fs::exists(data / set.name / set.files[0].name))
    GTEST_SKIP() << "no real data: set BITLOOM_TEST_DATA to a folder that holds fashion-mnist/";
  Progress::set_quiet(true);
  TestServer server;
  for (const data::RemoteFile& file : set.files) server.serve(file.name, {.body = read_file(data / set.name / file.name)});
  const TestFolder place;
  EXPECT_EQ(get_set(set, {place.path(), server.address()}).downloaded, 4);
  const data::Splits splits = data::open_dataset("fashion-mnist", {.data_dir = place.path()});
  EXPECT_EQ(splits.train->size() + splits.validation->size(), 60000);
  EXPECT_EQ(splits.test->size(), 10000);
  Progress::set_quiet(false);
}

TEST(RemoteSets, NameEachFileWithItsSizeAndAWholeChecksum) {
  for (const data::RemoteSet& set : data::remote_sets()) {
    EXPECT_TRUE(set.address.starts_with("https://") && set.address.ends_with('/')) << set.address;
    for (const data::RemoteFile& file : set.files) {
      EXPECT_GT(file.bytes, 4000) << file.name;
      EXPECT_EQ(file.sha256.size(), 64u) << file.name;
      EXPECT_EQ(file.sha256.find_first_not_of("0123456789abcdef"), std::string::npos) << file.name;
    }
  }
  EXPECT_THAT([] { data::remote_set("mnits"); }, refuses("no data set 'mnits' can be downloaded; did you mean 'mnist'?"));
}

}  // namespace
}  // namespace bitloom::get
