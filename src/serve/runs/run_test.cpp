#include "serve/runs/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "serve/testing/sample_run.h"

namespace bitloom::serve {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class RunFolder : public testing::Test {
 protected:
  json entry() {
    run_.refresh(ConfinedFolder::open(path()), Deadline::max());
    return run_.entry(now_seconds());
  }
  std::vector<std::string> problems() { return entry()["problems"]; }
  bool is_run() const { return serve::Run::is_run(ConfinedFolder::open(path())); }
  const fs::path& path() const { return folder_.path(); }

  TestFolder folder_;
  serve::Run run_{"id", "name"};
};

TEST_F(RunFolder, IsOneThatHoldsMetricsOrACheckpointOrASummary) {
  EXPECT_FALSE(is_run());
  put(path() / "train/cat/1.png", "");  // a folder of images
  EXPECT_FALSE(is_run());
  put(path() / "train/checkpoint", "");
  EXPECT_TRUE(is_run());
  fs::remove_all(path() / "train");
  put(path() / "train/metrics.jsonl", "");
  EXPECT_TRUE(is_run());
  fs::remove_all(path() / "train");
  put(path() / "summary.json", "{}");
  EXPECT_TRUE(is_run());
}

TEST_F(RunFolder, TellsHowFarATrainingIs) {
  write_run(path(), 4, 10);
  const json run = entry();
  EXPECT_EQ(run["state"], "running");
  EXPECT_EQ(run["epochs"], 4);
  EXPECT_EQ(run["planned"], 10);
  EXPECT_EQ(run["rows"], 4);
  EXPECT_EQ(run["best"]["epoch"], 4);
  EXPECT_EQ(run["last"]["epoch"], 4);
  EXPECT_EQ(run["seconds"], 36);
  EXPECT_NEAR(run["epoch_seconds"], 10, 0.01);
  EXPECT_NEAR(run["images_per_s"], 4060, 61);
  EXPECT_EQ(run["report"], false);
  EXPECT_EQ(run["summary"], nullptr);
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(RunFolder, TakesTheTrainingsTimeForAnEpochsWhereTheLinesHaveNoOther) {
  put(path() / "train/metrics.jsonl", "{\"epoch\":1,\"seconds\":5}\n{\"epoch\":2,\"seconds\":7}\n{\"epoch\":3,\"seconds\":6}\n");
  EXPECT_EQ(entry()["epoch_seconds"], 6);
}

TEST_F(RunFolder, NamesTheFirstOfTheBestEpochsAsTheTrainerDoes) {
  put(path() / "train/metrics.jsonl", "{\"epoch\":1,\"validation_top1\":90}\n{\"epoch\":2,\"validation_top1\":95}\n"
                                      "{\"epoch\":3,\"validation_top1\":null}\n{\"epoch\":4,\"validation_top1\":95}\n");
  EXPECT_EQ(entry()["best"]["epoch"], 2);
}

TEST_F(RunFolder, ListsTheRecipesKeysThatAreNotTheDefault) {
  write_run(path(), 1, 10, 98, 0.5);
  EXPECT_EQ(entry()["recipe"],
            (json{{"data.set", "digits"}, {"network.name", "dnn2fpga"}, {"train.batch", "100"}, {"train.learning_rate", "0.5"}}));
  EXPECT_EQ(default_keys().at("train.epochs"), "10");
  EXPECT_EQ(default_keys().count("name"), 0u);
  put(path() / "recipe.yaml", recipe_text(20));
  EXPECT_EQ(entry()["planned"], 20) << "the recipe was replaced";
}

TEST_F(RunFolder, WithoutARecipeIsShownAllTheSame) {
  write_run(path(), 3, 10);
  fs::remove(path() / "recipe.yaml");
  const json run = entry();
  EXPECT_EQ(run["planned"], nullptr);
  EXPECT_EQ(run["recipe"], nullptr);
  EXPECT_EQ(run["state"], "running");
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(RunFolder, NamesEveryFileThatIsBrokenAndShowsTheRest) {
  write_run(path(), 3, 10);
  append(path() / "train/metrics.jsonl", "{\"epoch\":4,\"train_l");
  put(path() / "recipe.yaml", "train: {epochs: 10}\nnetwerk: {name: x}\n");
  put(path() / "summary.json", "{\"float_top1\": 98.5, ");
  const json run = entry();
  EXPECT_EQ(run["epochs"], 3);
  EXPECT_THAT(problems(), ElementsAre(StartsWith("train/metrics.jsonl:4: half a line"), HasSubstr("recipe.yaml:2: unknown key 'netwerk'"),
                                      "summary.json: not JSON"));
  EXPECT_EQ(problems().size(), 3u) << "a second look at files that did not change";
}

TEST_F(RunFolder, SurvivesFilesThatAreAnythingButFiles) {
  fs::create_directories(path() / "train/metrics.jsonl");
  fs::create_directories(path() / "recipe.yaml");
  fs::create_symlink("/etc/passwd", path() / "summary.json");
  put(path() / "elsewhere", "<p>secret</p>");
  fs::create_symlink(path() / "elsewhere", path() / "report.html");
  ASSERT_TRUE(is_run());
  EXPECT_THAT(problems(),
              ElementsAre("train/metrics.jsonl: not a file", "recipe.yaml: not a file", "summary.json: a link, which is not followed"));
  EXPECT_EQ(entry()["report"], false);
}

TEST_F(RunFolder, ReadsNoSummaryAndNoRecipeOfAbsurdSize) {
  write_run(path(), 1, 10);
  put(path() / "recipe.yaml", std::string(3 << 20, ' '));
  put(path() / "summary.json", std::string(20 << 20, ' '));
  EXPECT_THAT(problems(),
              ElementsAre("recipe.yaml: is larger than 1 MB and is not read", "summary.json: is larger than 16 MB and is not read"));
}

TEST_F(RunFolder, TakesOnlyWhatASummaryShouldHold) {
  write_run(path(), 10, 10);
  put(path() / "summary.json", R"({"float_top1": "98", "int_top1": 97.5, "int_bytes": null, "passed": true, "stopped": 3, "more": {}})");
  EXPECT_EQ(entry()["summary"], (json{{"int_top1", 97.5}, {"passed", true}}));
  put(path() / "summary.json", "[1, 2]");
  EXPECT_EQ(entry()["summary"], nullptr);
}

TEST_F(RunFolder, PassesOverTheSummaryOfAnEarlierRun) {
  write_run(path(), 2, 10);
  put(path() / "summary.json", R"({"passed": true})");
  age(path() / "summary.json", 60);
  EXPECT_EQ(entry()["summary"], nullptr);
}

TEST_F(RunFolder, HandsOutItsRowsAndThenOnlyNewOnes) {
  put(path() / "train/metrics.jsonl", metrics_lines(1, 3));
  const json run = entry();
  const std::uint64_t generation = std::stoull(run["generation"].get<std::string>());
  const json all = json::parse(run_.metrics_json(0, 0));
  EXPECT_EQ(all["from"], 0);
  EXPECT_EQ(all["columns"]["epoch"], (json{1, 2, 3}));
  EXPECT_EQ(all["columns"].size(), kColumns.size());
  EXPECT_EQ(all["columns"]["finished_at"][2], 1.8e9 + 30);

  append(path() / "train/metrics.jsonl", "{\"epoch\":4}\n");
  entry();
  const json news = json::parse(run_.metrics_json(generation, 3));
  EXPECT_EQ(news["from"], 3);
  EXPECT_EQ(news["columns"]["epoch"], json{4});
  EXPECT_EQ(news["columns"]["train_loss"], json{nullptr});
  EXPECT_EQ(json::parse(run_.metrics_json(generation + 1, 3))["from"], 0) << "of another generation nothing can be kept";
  EXPECT_EQ(json::parse(run_.metrics_json(generation, 99))["columns"]["epoch"], json::array());
}

}  // namespace
}  // namespace bitloom::serve
