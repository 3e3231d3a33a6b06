#include "eval/evaluate.h"

#include <gtest/gtest.h>

#include <limits>

#include "passes/test_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;

TEST(AnswerOf, TakesTheLowestOfEqualClasses) {
  const std::vector<double> scores{1, 3, 3, 2};
  EXPECT_EQ(answer_of(2, scores).prediction, 1);
  EXPECT_EQ(answer_of(2, scores).rank, 1);
  EXPECT_EQ(answer_of(1, scores).rank, 0);
  EXPECT_EQ(answer_of(0, scores).rank, 3);
}

TEST(AnswerOf, TakesScoresWithinATieForEqual) {
  const std::vector<double> scores{1, 2.9999999, 3, -4};
  EXPECT_EQ(answer_of(2, scores).prediction, 2);
  EXPECT_EQ(answer_of(2, scores, 1e-6).prediction, 1);
  EXPECT_EQ(answer_of(2, scores, 1e-6).rank, 1);
  EXPECT_EQ(answer_of(1, scores, 1e-6).rank, 0);
  EXPECT_EQ(answer_of(1, scores).rank, 1);
  EXPECT_EQ(answer_of(2, scores, 1e-9).prediction, 2);
  EXPECT_EQ(answer_of(0, std::vector<double>{0, 0}, 1e-6).prediction, 0);
}

TEST(TieOf, IsOfSimulatedQuantizationAlone) {
  RandomStream random({1});
  const Graph graph = small_cnn();
  const std::vector<Tensor> images = random_images(graph, random, 2);
  EXPECT_EQ(tie_of(graph), 0);
  EXPECT_GT(tie_of(quantize_model(graph, feed(images), {})), 0);
}

TEST(AnswerOf, GivesNoClassToWhatIsNoNumber) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(answer_of(1, std::vector<double>{kNaN, 2, 1}).prediction, 1);
  EXPECT_EQ(answer_of(1, std::vector<double>{kNaN, 2, 1}).rank, 0);
  EXPECT_EQ(answer_of(0, std::vector<double>{kNaN, 2, 1}, 1e-6).rank, 3);
  for (const int label : {0, 1}) {
    const Answer answer = answer_of(label, std::vector<double>{kNaN, kNaN});
    EXPECT_EQ(answer.prediction, 0);
    EXPECT_EQ(answer.rank, 2) << "all wrong";
  }
}

}  // namespace
}  // namespace bitloom
