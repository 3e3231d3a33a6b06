#include "serve/http/host_check.h"

#include <gtest/gtest.h>

namespace bitloom::serve {
namespace {

TEST(HostCheck, OnLoopbackTakesTheMachinesOwnNamesWithAnyPort) {
  const HostCheck check("127.0.0.1", true);
  for (const char* host : {"localhost", "LocalHost:8090", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8090"})
    EXPECT_TRUE(check.allows({host})) << host;
}

TEST(HostCheck, OnLoopbackRefusesEveryOtherName) {
  const HostCheck check("127.0.0.1", true);
  for (const char* host : {"evil.example",
                           "evil.example:8090",
                           "localhost.evil.example",
                           "localhost.",
                           "127.0.0.1.evil.example",
                           "127.0.0.2",
                           "::1",
                           "[::1",
                           "[::1]evil",
                           "[::1]evil:80",
                           "[::2]",
                           "",
                           ":8090",
                           "localhost:80x",
                           "localhost:80:80",
                           "localhost@evil.example",
                           "user@localhost",
                           "0.0.0.0",
                           "192.168.0.1",
                           "localhost evil",
                           "2130706433"})
    EXPECT_FALSE(check.allows({host})) << host;
}

TEST(HostCheck, WantsExactlyOneHost) {
  const HostCheck check("localhost", true);
  EXPECT_FALSE(check.allows({}));
  EXPECT_FALSE(check.allows({"localhost", "localhost"}));
}

TEST(HostCheck, OnAnotherLoopbackAddressTakesThatToo) {
  EXPECT_TRUE(HostCheck("127.0.0.2", true).allows({"127.0.0.2:80"}));
  EXPECT_TRUE(HostCheck("::1", true).allows({"[::1]:80"}));
}

TEST(HostCheck, BeyondLoopbackKnowsNoNamesAndTakesAll) { EXPECT_TRUE(HostCheck("0.0.0.0", false).allows({"my-machine:8090"})); }

}  // namespace
}  // namespace bitloom::serve
