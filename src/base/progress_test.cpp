#include "base/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <vector>

namespace bitloom {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// What `body` writes to standard error when that is a file.
std::string logged(const std::function<void()>& body) {
  testing::internal::CaptureStderr();
  body();
  return testing::internal::GetCapturedStderr();
}

/// What `body` writes to standard error when that is a terminal of `columns` columns.
std::string drawn(unsigned short columns, const std::function<void()>& body) {
  unsetenv("NO_COLOR");
  unsetenv("CI");
  setenv("TERM", "xterm", 1);
  int master = -1, slave = -1;
  const winsize size{24, columns, 0, 0};
  if (openpty(&master, &slave, nullptr, nullptr, &size) != 0) return "no pseudo-terminal";
  const int before = dup(STDERR_FILENO);
  dup2(slave, STDERR_FILENO);
  close(slave);
  std::string text;
  std::thread reader([&] {
    char buffer[4096];
    for (ssize_t n; (n = read(master, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
  });
  body();
  dup2(before, STDERR_FILENO);  // closes the last slave: the reader sees the end
  reader.join();
  close(before);
  close(master);
  return text;
}

TEST(Progress, LeavesOneLineInALogForShortWork) {
  EXPECT_EQ(logged([] {
              Progress progress("verify", 200);
              for (int i = 0; i < 200; ++i) progress.advance();
            }),
            "verify  200/200\n");
}

TEST(Progress, ShowsBytesForPeople) {
  EXPECT_EQ(logged([] {
              Progress progress("mnist", 1500000, Progress::Unit::kBytes);
              progress.advance(1500000);
            }),
            "mnist  1.5 MB/1.5 MB\n");
}

TEST(Progress, EndsALogWithTheFinalLineInsteadOfThePosition) {
  EXPECT_EQ(logged([] {
              Progress progress("verify", 2);
              progress.advance(2);
              progress.finish("verify: 2 images, 0 mismatches");
            }),
            "verify: 2 images, 0 mismatches\n");
}

TEST(Progress, SaysHowFarItCameWhenWorkIsAbandoned) {
  EXPECT_THAT(logged([] {
                Progress progress("train", 10);
                progress.set_note("loss 0.132");
                progress.advance(4);
              }),
              testing::MatchesRegex("train  4/10  .* left  loss 0.132\n"));
}

TEST(Progress, DoesNotExtrapolateFromStepsOfAnEarlierProcess) {
  EXPECT_EQ(logged([] {
              Progress progress("train", 10);
              progress.set_done(6);
            }),
            "train  6/10\n");
}

TEST(Progress, PrintsLinesThatStayInOrder) {
  EXPECT_EQ(logged([] {
              Progress progress("train", 2);
              progress.advance();
              progress.print_line("epoch 1");
              progress.advance();
              progress.print_line("epoch 2");
              progress.finish("done");
            }),
            "epoch 1\nepoch 2\ndone\n");
}

TEST(Progress, IsSilentWhenQuiet) {
  Progress::set_quiet(true);
  const std::string text = logged([] {
    Progress progress("train", 2);
    progress.advance();
    progress.print_line("epoch 1");
    progress.finish("done");
  });
  Progress::set_quiet(false);
  EXPECT_EQ(text, "");
}

TEST(Progress, CountsEveryStepOfSeveralThreads) {
  EXPECT_EQ(logged([] {
              Progress progress("calibrate", 4000);
              std::vector<std::thread> threads;
              for (int t = 0; t < 4; ++t)
                threads.emplace_back([&] {
                  for (int i = 0; i < 1000; ++i) progress.advance();
                });
              for (std::thread& thread : threads) thread.join();
            }),
            "calibrate  4000/4000\n");
}

TEST(Progress, RedrawsABarInPlaceOnATerminalAndErasesItAtTheEnd) {
  const std::string text = drawn(80, [] {
    Progress progress("verify", 200);
    progress.advance(100);
  });
  EXPECT_THAT(text, HasSubstr("\rverify  [##########..........]  100/200"));
  EXPECT_THAT(text, EndsWith("\r\x1b[K"));
  EXPECT_THAT(text, Not(HasSubstr("\n")));
}

TEST(Progress, DrawsTheBarAgainBelowALineThatStays) {
  const std::string text = drawn(80, [] {
    Progress progress("train", 4);
    progress.advance();
    progress.print_line("epoch 1");
    progress.finish("done");
  });
  EXPECT_THAT(text, testing::ContainsRegex("epoch 1\r\n\rtrain  \\[#####\\.*\\]  1/4"));
  EXPECT_THAT(text, EndsWith("\r\x1b[Kdone\r\n"));
}

TEST(Progress, DrawsAPanelAboveTheBarAndTakesItAwayAgain) {
  const std::string text = drawn(80, [] {
    Progress progress("train", 4);
    progress.set_panel({"loss 0.5", "rate 0.1"});
    progress.print_line("epoch 1");
    progress.print_line("epoch 2");
    progress.finish("done");
  });
  EXPECT_THAT(text, HasSubstr("epoch 1\r\n\rloss 0.5\x1b[K\r\nrate 0.1\x1b[K\r\ntrain  ["));
  EXPECT_THAT(text, HasSubstr("\r\x1b[2A\x1b[Jepoch 2\r\n\rloss 0.5"));
  EXPECT_THAT(text, EndsWith("\r\x1b[2A\x1b[Jdone\r\n"));
}

TEST(Progress, LeavesThePanelOutOfALogAndOfALowTerminal) {
  const auto body = [] {
    Progress progress("train", 4);
    progress.set_panel(std::vector<std::string>(30, "loss 0.5"));
    progress.advance();
    progress.print_line("epoch 1");
  };
  EXPECT_THAT(logged(body), Not(HasSubstr("loss")));
  EXPECT_THAT(drawn(80, body), Not(HasSubstr("loss")));  // 24 lines
}

TEST(Progress, NeverWrapsOnANarrowTerminal) {
  const std::string text = drawn(20, [] {
    Progress progress("verify", 200);
    progress.advance(100);
  });
  EXPECT_THAT(text, HasSubstr("\rverify  [##########\x1b[K"));
}

}  // namespace
}  // namespace bitloom
