#include "get/get_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/test_folder.h"
#include "base/tiny_disk.h"
#include "data/dataset.h"
#include "data/folder/stored_folder_set.h"
#include "data/test_images.h"
#include "get/sha256.h"
#include "get/test_archives.h"
#include "get/test_server.h"

namespace bitloom::get {
namespace fs = std::filesystem;
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

std::string sha256(const std::string& bytes) {
  Sha256 sum;
  sum.add(bytes);
  return sum.finish();
}

/// Bytes that no shift of them equals.
std::string content(std::size_t size, unsigned seed) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((seed = seed * 1103515245u + 12345u) >> 16);
  return bytes;
}

auto refuses(const std::string& what) { return ThrowsMessage<InputError>(HasSubstr(what)); }

/// Sets of small files behind a server of ours, on the way that the real ones go.
class Get : public testing::Test {
 protected:
  void SetUp() override { Progress::set_quiet(true); }
  void TearDown() override { Progress::set_quiet(false); }

  /// Adds a file to the set, and to the server.
  void publish(const std::string& name, const std::string& bytes, const std::string& unpacks_to = {}) {
    set_.files.push_back({name, static_cast<std::int64_t>(bytes.size()), sha256(bytes), unpacks_to});
    server_.serve(name, {.body = bytes});
  }
  GetOptions options() const {
    GetOptions options{place_.path(), server_.address()};
    options.transfer.first_wait = 0.01;
    options.transfer.stall_seconds = 1;
    return options;
  }
  GetResult get() const { return get_set(set_, options()); }
  fs::path file(const std::string& name) const { return place_.path() / "set" / name; }
  /// Everything below the data folder, by name.
  std::vector<std::string> found() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(place_.path()))
      names.push_back(fs::relative(entry.path(), place_.path()).string());
    std::sort(names.begin(), names.end());
    return names;
  }

  TestFolder place_;
  TestServer server_;
  data::RemoteSet set_{"set", "http://nowhere.invalid/", {}};
};

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

TEST_F(Get, GoesOnAfterAConnectionThatWasCutAndOnlyWithTheSameVersion) {
  const std::string bytes = content(500000, 3);
  publish("a", bytes);
  server_.serve("a", {.body = bytes, .failures = 2, .cut_after = 200000});
  EXPECT_EQ(get().downloaded, 1);
  EXPECT_EQ(read_file(file("a")), bytes);
  EXPECT_THAT(server_.ranges(), ElementsAre("", "bytes=200000-", "bytes=400000-"));
  EXPECT_THAT(server_.conditions(), ElementsAre("", "\"one\"", "\"one\""));
  EXPECT_THAT(found(), ElementsAre("set", "set/a"));
}

TEST_F(Get, GoesOnByTheDateWhereTheEtagIsWeak) {
  const std::string bytes = content(5000, 4), date = "Sat, 21 Nov 2026 18:00:00 GMT";
  publish("a", bytes);
  server_.serve("a", {.body = bytes, .etag = "W/\"one\"", .last_modified = date, .failures = 1, .cut_after = 2000});
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  EXPECT_THAT(server_.conditions(), ElementsAre("", date));
}

TEST_F(Get, BeginsAnewWhereTheServerHasNoRangesOrNamesNoVersion) {
  const std::string bytes = content(5000, 5);
  publish("a", bytes);
  server_.serve("a", {.body = bytes, .ranges = false, .failures = 1, .cut_after = 2000});
  publish("b", bytes);
  server_.serve("b", {.body = bytes, .etag = "", .failures = 1, .cut_after = 2000});
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  EXPECT_EQ(read_file(file("b")), bytes);
  EXPECT_THAT(server_.ranges(), ElementsAre("", "bytes=2000-", "", ""));
}

TEST_F(Get, BeginsAnewWhereTheFileChangedBetweenTwoCalls) {
  const std::string bytes = content(5000, 6);
  publish("a", bytes);
  server_.serve("a", {.body = content(5000, 7), .etag = "\"old\"", .failures = 100, .cut_after = 2000, .stalls = false});
  GetOptions once = options();
  once.transfer.retries = 0;
  EXPECT_THAT([&] { get_set(set_, once); }, refuses("the connection ended after 2000 of 5000 bytes; check the network"));
  EXPECT_EQ(fs::file_size(file("a.part")), 2000u);
  EXPECT_FALSE(fs::exists(file("a")));
  server_.serve("a", {.body = bytes, .etag = "\"new\""});
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  EXPECT_THAT(server_.conditions(), ElementsAre("", "\"old\""));
  EXPECT_THAT(found(), ElementsAre("set", "set/a"));
}

TEST_F(Get, BeginsAnewWhereAPartOfAnEarlierCallIsWrong) {
  const std::string bytes = content(5000, 8);
  publish("a", bytes);
  make_directories(place_.path() / "set");
  std::ofstream(file("a.part")) << std::string(3000, 'x');
  std::ofstream(file("a.part.origin")) << server_.address() << "a\n\"one\"\n";
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  EXPECT_THAT(server_.ranges(), ElementsAre("bytes=3000-", ""));
}

TEST_F(Get, BeginsAnewWhereAPartIsOfAnotherAddressOrTooLong) {
  const std::string bytes = content(5000, 9);
  publish("a", bytes);
  publish("b", bytes);
  make_directories(place_.path() / "set");
  std::ofstream(file("a.part")) << bytes.substr(0, 3000);
  std::ofstream(file("a.part.origin")) << "http://elsewhere.invalid/a\n\"one\"\n";
  std::ofstream(file("b.part")) << bytes << "more";
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  EXPECT_EQ(read_file(file("b")), bytes);
  EXPECT_THAT(server_.ranges(), ElementsAre("", ""));
}

TEST_F(Get, DoesNotTrustARangeThatWasNotAskedFor) {
  const std::string bytes = content(5000, 10);
  publish("a", bytes);
  server_.serve("a", {.body = bytes, .failures = 1, .cut_after = 2000, .shifts_ranges = true});
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  EXPECT_THAT(server_.ranges(), ElementsAre("", "bytes=2000-", ""));
}

TEST_F(Get, RemovesAndNamesAFileWithAWrongChecksum) {
  publish("a", content(5000, 11));
  server_.serve("a", {.body = content(5000, 12)});
  EXPECT_THAT([&] { get(); },
              ThrowsMessage<InputError>(AllOf(HasSubstr(server_.address() + "a: what came is not the published file: its SHA-256 is"),
                                              HasSubstr(sha256(content(5000, 11))), HasSubstr(sha256(content(5000, 12))))));
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Get, RefusesAFileOfAnotherLengthBeforeItHasCome) {
  publish("a", content(5000, 13));
  server_.serve("a", {.body = content(4999, 13)});
  EXPECT_THAT([&] { get(); }, refuses("the server's file has 4999 bytes, the published one 5000"));
  server_.serve("a", {.body = ""});
  EXPECT_THAT([&] { get(); }, refuses("0 bytes"));
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Get, SaysWhenTheFileIsNotThereAndAsksOnce) {
  set_.files.push_back({"gone", 10, std::string(64, '0')});
  EXPECT_THAT([&] { get(); }, refuses("/gone: the server answers 404 Not Found; give another address with --from"));
  EXPECT_EQ(server_.ranges().size(), 1u);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Get, FollowsARedirectAndEndsALoopOfThem) {
  const std::string bytes = content(5000, 14);
  publish("a", bytes);
  server_.serve("a", {.redirect = "/there"});
  server_.serve("there", {.body = bytes});
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  publish("b", bytes);
  server_.serve("b", {.redirect = "/b"});
  EXPECT_THAT([&] { get(); }, refuses("/b: redirects without end (more than 5)"));
  publish("c", bytes);
  server_.serve("b", {.body = bytes});
  server_.serve("c", {.redirect = "file:///etc/passwd"});
  EXPECT_THAT([&] { get(); }, refuses("/c: Protocol \"file\""));
}

TEST_F(Get, TriesAgainWhereTheServerIsBusyAndGivesUpInTheEnd) {
  const std::string bytes = content(5000, 15);
  publish("a", bytes);
  server_.serve("a", {.body = bytes, .failures = 2, .failure_status = 503});
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  publish("b", bytes);
  server_.serve("b", {.body = bytes, .failures = 100, .failure_status = 503});
  GetOptions thrice = options();
  thrice.transfer.retries = 2;
  EXPECT_THAT([&] { get_set(set_, thrice); }, refuses("/b: the server answers 503 Service Unavailable; check the network"));
  EXPECT_EQ(server_.ranges().size(), 3u + 3u);
  EXPECT_THAT(found(), ElementsAre("set", "set/a"));
}

TEST_F(Get, CountsAConnectionWithoutDataAsBroken) {
  const std::string bytes = content(5000, 16);
  publish("a", bytes);
  server_.serve("a", {.body = bytes, .failures = 1, .cut_after = 2000, .stalls = true});
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  EXPECT_THAT(server_.ranges(), ElementsAre("", "bytes=2000-"));
}

TEST_F(Get, SaysWhenThereIsNoServer) {
  publish("a", "abc");
  GetOptions nowhere = options();
  nowhere.from = "http://127.0.0.1:1/";
  nowhere.transfer.retries = 1;
  EXPECT_THAT([&] { get_set(set_, nowhere); }, refuses("http://127.0.0.1:1/a: "));
}

TEST_F(Get, StopsWhenAskedAndKeepsWhatHasCome) {
  const std::string bytes = content(5000, 17);
  publish("a", bytes);
  server_.serve("a", {.body = bytes, .failures = 1, .cut_after = 2000, .stalls = true});
  GetOptions impatient = options();
  impatient.transfer.stall_seconds = 60;
  impatient.transfer.should_stop = [&] { return fs::exists(file("a.part")) && fs::file_size(file("a.part")) == 2000; };
  EXPECT_THROW(get_set(set_, impatient), Stopped);
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  EXPECT_THAT(server_.ranges(), ElementsAre("", "bytes=2000-"));
}

TEST_F(Get, LeavesFilesOfAnotherOriginAlone) {
  publish("a", "abc");
  make_directories(place_.path() / "set");
  std::ofstream(file("a")) << "mine";
  EXPECT_THAT([&] { get(); }, refuses("set/a: is not the published file"));
  EXPECT_EQ(read_file(file("a")), "mine");
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

/// As the real process is killed: the server stalls in the middle of the file, and the child gets no chance to clean up.
TEST(GetKilled, GoesOnWhereAKilledProcessWas) {
  Progress::set_quiet(true);
  const TestFolder place;
  const std::string bytes = content(900000, 18);
  const data::RemoteSet set{"set", "", {{"a", static_cast<std::int64_t>(bytes.size()), sha256(bytes)}}};
  const fs::path part = place.path() / "set" / "a.part";
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();  // before the server's threads are there
  ASSERT_GE(child, 0);
  if (child == 0) {
    int port = 0;
    if (read(ends[0], &port, sizeof port) != sizeof port) _exit(3);
    setenv("no_proxy", "127.0.0.1", 1);
    try {
      get_set(set, {place.path(), "http://127.0.0.1:" + std::to_string(port) + "/"});
    } catch (...) {
    }
    _exit(4);
  }
  TestServer server;
  server.serve("a", {.body = bytes, .failures = 1, .cut_after = 500000, .stalls = true});
  const int port = server.port();
  ASSERT_EQ(write(ends[1], &port, sizeof port), static_cast<ssize_t>(sizeof port));
  for (int tries = 0; tries < 1000 && !(fs::exists(part) && fs::file_size(part) == 500000); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(fs::file_size(part), 500000u);
  EXPECT_EQ(get_set(set, {place.path(), server.address()}).downloaded, 1);
  EXPECT_EQ(read_file(place.path() / "set" / "a"), bytes);
  EXPECT_THAT(server.ranges(), ElementsAre("", "bytes=500000-"));
  close(ends[0]);
  close(ends[1]);
  Progress::set_quiet(false);
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
