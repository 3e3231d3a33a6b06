#include "serve/http/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace bitloom::serve {
namespace {

using testing::HasSubstr;

std::string error_of(const std::string& host) {
  try {
    resolve(host);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Address, KnowsWhichReachThisMachineAlone) {
  EXPECT_EQ(resolve("127.0.0.1").numeric, "127.0.0.1");
  EXPECT_TRUE(resolve("127.0.0.1").is_loopback);
  EXPECT_TRUE(resolve("127.1.2.3").is_loopback);
  EXPECT_TRUE(resolve("localhost").is_loopback);
  EXPECT_TRUE(resolve("::1").is_loopback);
  EXPECT_FALSE(resolve("0.0.0.0").is_loopback);
  EXPECT_FALSE(resolve("::").is_loopback);
  EXPECT_FALSE(resolve("192.0.2.1").is_loopback);
}

TEST(Address, IsPrintedAsABrowserTakesIt) {
  EXPECT_EQ(resolve("127.0.0.1").url(80), "http://127.0.0.1:80/");
  EXPECT_EQ(resolve("::1").url(8090), "http://[::1]:8090/");
}

TEST(Address, ThatIsNoneIsNamed) {
  EXPECT_THAT(error_of("300.1.1.1.1"), HasSubstr("--host 300.1.1.1.1: is no address of this machine"));
  EXPECT_THAT(error_of(""), HasSubstr("--host: is empty; give 127.0.0.1"));
  EXPECT_THAT(error_of("no such\nhost"), HasSubstr("--host no such?host"));
}

}  // namespace
}  // namespace bitloom::serve
