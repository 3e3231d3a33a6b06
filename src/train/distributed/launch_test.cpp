#include "train/distributed/launch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.h"

namespace bitloom::train {
namespace {

using Environment = std::map<std::string, std::string>;

Environment of_torchrun() {
  return {{"RANK", "3"},       {"WORLD_SIZE", "8"},       {"LOCAL_RANK", "1"}, {"LOCAL_WORLD_SIZE", "2"},
          {"MASTER_ADDR", "node7"}, {"MASTER_PORT", "29500"}};
}

Launch read(const Environment& environment) {
  return read_launch([&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

/// The message about of_torchrun() with one variable set otherwise.
std::string refusal(const std::string& name, const std::string& value) {
  Environment environment = of_torchrun();
  environment[name] = value;
  try {
    read(environment);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ReadLaunch, TakesWhatTorchrunSets) {
  const Launch launch = read(of_torchrun());
  EXPECT_EQ(launch.rank, 3);
  EXPECT_EQ(launch.size, 8);
  EXPECT_EQ(launch.local_rank, 1);
  EXPECT_EQ(launch.local_size, 2);
  EXPECT_EQ(launch.address, "node7");
  EXPECT_EQ(launch.port, 29500);
  EXPECT_FALSE(launch.agent_listens);
}

TEST(ReadLaunch, KnowsThatTorchrunsAgentListens) {
  Environment environment = of_torchrun();
  environment["TORCHELASTIC_USE_AGENT_STORE"] = "True";
  environment["TORCHELASTIC_RESTART_COUNT"] = "2";
  EXPECT_TRUE(read(environment).agent_listens);
  EXPECT_EQ(read(environment).attempt, 2);
}

TEST(ReadLaunch, IsOneProcessWithoutTheVariables) {
  EXPECT_EQ(read({}).size, 1);
  EXPECT_EQ(read({{"MASTER_ADDR", "node7"}, {"MASTER_PORT", "junk"}}).size, 1) << "set for another program";
  EXPECT_EQ(read({{"RANK", "0"}, {"WORLD_SIZE", "1"}}).size, 1) << "nobody to meet: no address is needed";
}

TEST(ReadLaunch, NamesTheVariableThatIsWrong) {
  using testing::HasSubstr;
  EXPECT_THAT(refusal("WORLD_SIZE", "0"), HasSubstr("WORLD_SIZE: '0' is no integer from 1"));
  EXPECT_THAT(refusal("WORLD_SIZE", ""), HasSubstr("WORLD_SIZE: is not set"));
  EXPECT_THAT(refusal("RANK", "8"), HasSubstr("RANK: '8' is no integer from 0 to 7"));
  EXPECT_THAT(refusal("RANK", "-1"), HasSubstr("RANK: '-1'"));
  EXPECT_THAT(refusal("RANK", "1x"), HasSubstr("RANK: '1x'"));
  EXPECT_THAT(refusal("MASTER_PORT", "http"), HasSubstr("MASTER_PORT: 'http' is no integer from 1 to 65535"));
  EXPECT_THAT(refusal("MASTER_PORT", "65536"), HasSubstr("MASTER_PORT"));
  EXPECT_THAT(refusal("MASTER_ADDR", ""), HasSubstr("MASTER_ADDR: is not set"));
  EXPECT_THAT(refusal("LOCAL_RANK", "8"), HasSubstr("LOCAL_RANK"));
}

}  // namespace
}  // namespace bitloom::train
