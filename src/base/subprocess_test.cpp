#include "base/subprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/test_folder.h"

namespace bitloom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SubprocessResult shell(const std::string& script, const SubprocessOptions& options = {}) {
  return run_subprocess({"sh", "-c", script}, options);
}

TEST(Subprocess, KeepsStandardOutputAndErrorInTheOrderInWhichTheyCame) {
  const SubprocessResult result = shell("echo one; echo two >&2; echo three");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, "one\ntwo\nthree\n");
}

TEST(Subprocess, ReportsTheExitCodeAndTheSignal) {
  EXPECT_EQ(shell("exit 7").exit_code, 7);
  EXPECT_EQ(shell("kill -9 $$").exit_code, 128 + SIGKILL);
}

TEST(Subprocess, PassesArgumentsAsTheyAreWithoutAShell) {
  EXPECT_EQ(run_subprocess({"printf", "%s|", "a b", "$HOME", "*", ""}).output, "a b|$HOME|*||");
}

TEST(Subprocess, CallsOnLineForEveryLineAlsoOneThatEndsWithoutANewline) {
  std::vector<std::string> lines;
  SubprocessOptions options;
  options.on_line = [&](const std::string& line) { lines.push_back(line); };
  shell("echo first; echo; printf last", options);
  EXPECT_THAT(lines, ElementsAre("first", "", "last"));
}

TEST(Subprocess, EndsTheChildWhenOnLineThrows) {
  std::string child;
  SubprocessOptions options;
  options.on_line = [&](const std::string& line) {
    child = line;
    throw CheckError("", "enough");
  };
  EXPECT_THROW(run_subprocess({"sh", "-c", "echo $$; exec sleep 1000"}, options), CheckError);
  EXPECT_EQ(kill(std::stoi(child), 0), -1) << "process " << child << " still runs";
}

TEST(Subprocess, SetsFolderAndEnvironmentOnTopOfTheCallers) {
  const TestFolder folder;
  SubprocessOptions options;
  options.directory = folder.path();
  options.environment = {{"BITLOOM_TEST_A", "x=y"}};
  setenv("BITLOOM_TEST_B", "kept", 1);
  const SubprocessResult result = shell("pwd -P; echo $BITLOOM_TEST_A $BITLOOM_TEST_B", options);
  EXPECT_EQ(result.output, std::filesystem::canonical(folder.path()).string() + "\nx=y kept\n");
  unsetenv("BITLOOM_TEST_B");
}

TEST(Subprocess, WritesTheLogAndStillReturnsTheOutput) {
  const TestFolder folder;
  SubprocessOptions options;
  options.log = folder.path() / "tool.log";
  EXPECT_EQ(shell("echo out; echo err >&2", options).output, "out\nerr\n");
  EXPECT_EQ(read_file(options.log), "out\nerr\n");
}

TEST(Subprocess, NamesTheLogThatCannotBeWritten) {
  SubprocessOptions options;
  options.log = "/dev/full";
  EXPECT_THAT([&] { shell("echo out", options); }, testing::ThrowsMessage<InputError>(HasSubstr("/dev/full: cannot write: No space")));
}

TEST(Subprocess, GivesACapturedChildAnEmptyStandardInput) { EXPECT_EQ(shell("cat; echo end").output, "end\n"); }

TEST(Subprocess, KeepsOutputLargerThanAPipe) {
  const SubprocessResult result = shell("head -c 1000000 /dev/zero | tr '\\0' x");
  EXPECT_EQ(result.output, std::string(1'000'000, 'x'));
}

TEST(Subprocess, MeasuresThePeakMemoryOfTheChildsChildren) {
  // The child's shell keeps 64 MB of text in a variable of a shell of its own.
  const SubprocessResult result = shell("sh -c 'x=$(head -c 64000000 /dev/zero | tr \"\\\\0\" x); echo ${#x}'");
  ASSERT_EQ(result.output, "64000000\n");
  EXPECT_GT(result.peak_bytes, 64'000'000);
  EXPECT_GT(result.seconds, 0);
}

TEST(Subprocess, NamesTheFolderThatIsNotThere) {
  SubprocessOptions options;
  options.directory = "/no/such/folder";
  EXPECT_THAT([&] { shell("true", options); }, testing::ThrowsMessage<InputError>(HasSubstr("/no/such/folder")));
}

TEST(RequireProgram, NamesTheDebianPackageOfAMissingTool) {
  const char* path = std::getenv("PATH");
  const std::string before = path ? path : "";
  setenv("PATH", "/no/such/folder", 1);
  EXPECT_THAT([] { require_program("icepack"); },
              testing::ThrowsMessage<InputError>("the program 'icepack' is not installed; install it: apt-get install fpga-icestorm"));
  EXPECT_THAT([] { run_subprocess({"vvp", "x"}); }, testing::ThrowsMessage<InputError>(HasSubstr("apt-get install iverilog")));
  EXPECT_THAT([] { require_program("vivado"); }, testing::ThrowsMessage<InputError>(HasSubstr("or add its folder to PATH")));
  setenv("PATH", before.c_str(), 1);
}

TEST(FindProgram, FindsExecutableFilesOnly) {
  const TestFolder folder;
  write_file(folder.path() / "tool", "#!/bin/sh\necho hello\n");
  EXPECT_EQ(find_program((folder.path() / "tool").string()), "");
  EXPECT_EQ(find_program(folder.path().string()), "");
  std::filesystem::permissions(folder.path() / "tool", std::filesystem::perms::owner_all);
  EXPECT_EQ(find_program((folder.path() / "tool").string()), folder.path() / "tool");
  EXPECT_TRUE(find_program("sh").is_absolute());
}

}  // namespace
}  // namespace bitloom
