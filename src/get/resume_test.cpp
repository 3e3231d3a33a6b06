#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "get/test_set.h"

namespace bitloom::get {
namespace {

using testing::ElementsAre;

class Resume : public SetTest {};

TEST_F(Resume, GoesOnAfterAConnectionThatWasCutAndOnlyWithTheSameVersion) {
  const std::string bytes = content(500000, 3);
  publish("a", bytes);
  server_.serve("a", {.body = bytes, .failures = 2, .cut_after = 200000});
  EXPECT_EQ(get().downloaded, 1);
  EXPECT_EQ(read_file(file("a")), bytes);
  EXPECT_THAT(server_.ranges(), ElementsAre("", "bytes=200000-", "bytes=400000-"));
  EXPECT_THAT(server_.conditions(), ElementsAre("", "\"one\"", "\"one\""));
  EXPECT_THAT(found(), ElementsAre("set", "set/a"));
}

TEST_F(Resume, GoesOnByTheDateWhereTheEtagIsWeak) {
  const std::string bytes = content(5000, 4), date = "Sat, 21 Nov 2026 18:00:00 GMT";
  publish("a", bytes);
  server_.serve("a", {.body = bytes, .etag = "W/\"one\"", .last_modified = date, .failures = 1, .cut_after = 2000});
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  EXPECT_THAT(server_.conditions(), ElementsAre("", date));
}

TEST_F(Resume, BeginsAnewWhereTheServerHasNoRangesOrNamesNoVersion) {
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

TEST_F(Resume, BeginsAnewWhereTheFileChangedBetweenTwoCalls) {
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

TEST_F(Resume, BeginsAnewWhereAPartOfAnEarlierCallIsWrong) {
  const std::string bytes = content(5000, 8);
  publish("a", bytes);
  make_directories(place_.path() / "set");
  std::ofstream(file("a.part")) << std::string(3000, 'x');
  std::ofstream(file("a.part.origin")) << server_.address() << "a\n\"one\"\n";
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  EXPECT_THAT(server_.ranges(), ElementsAre("bytes=3000-", ""));
}

TEST_F(Resume, BeginsAnewWhereAPartIsOfAnotherAddressOrTooLong) {
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

TEST_F(Resume, DoesNotTrustARangeThatWasNotAskedFor) {
  const std::string bytes = content(5000, 10);
  publish("a", bytes);
  server_.serve("a", {.body = bytes, .failures = 1, .cut_after = 2000, .shifts_ranges = true});
  get();
  EXPECT_EQ(read_file(file("a")), bytes);
  EXPECT_THAT(server_.ranges(), ElementsAre("", "bytes=2000-", ""));
}

TEST_F(Resume, StopsWhenAskedAndKeepsWhatHasCome) {
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

/// As the real process is killed: the server stalls in the middle of the file, and the child gets no chance to clean up.
TEST(ResumeAfterKill, GoesOnWhereAKilledProcessWas) {
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

}  // namespace
}  // namespace bitloom::get
