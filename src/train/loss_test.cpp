#include "train/loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace bitloom::train {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::FloatNear;

TEST(CrossEntropy, OfEqualLogitsIsTheLogarithmOfTheClasses) {
  std::vector<float> gradient(4);
  const Loss loss = cross_entropy(std::vector<float>{2, 2, 2, 2}, std::vector<std::int32_t>{1}, 1, gradient);
  EXPECT_DOUBLE_EQ(loss.sum, std::log(4.0));
  EXPECT_THAT(gradient, ElementsAre(0.25f, -0.75f, 0.25f, 0.25f));
}

TEST(CrossEntropy, SumsOverTheImagesAndScalesOnlyTheGradient) {
  std::vector<float> gradient(4);
  const Loss loss = cross_entropy(std::vector<float>{0, std::log(3.0f), 0, 0}, std::vector<std::int32_t>{1, 0}, 0.5f, gradient);
  EXPECT_THAT(loss.sum, DoubleNear(std::log(4.0 / 3.0) + std::log(2.0), 1e-6));
  const auto near = [](float value) { return FloatNear(value, 1e-6f); };
  EXPECT_THAT(gradient, ElementsAre(near(0.125f), near(-0.125f), near(-0.25f), near(0.25f)));
}

TEST(CrossEntropy, DividesSomeOfTheLabelAmongAllClasses) {
  std::vector<float> gradient(2);
  const float z = std::log(3.0f);  // probabilities 3/4 and 1/4, targets 0.9 and 0.1
  const Loss loss = cross_entropy(std::vector<float>{z, 0}, std::vector<std::int32_t>{0}, 1, gradient, {.smoothing = 0.2});
  EXPECT_THAT(loss.sum, DoubleNear(-0.9 * std::log(0.75) - 0.1 * std::log(0.25), 1e-6));
  EXPECT_THAT(gradient, ElementsAre(FloatNear(-0.15f, 1e-6f), FloatNear(0.15f, 1e-6f)));
}

TEST(CrossEntropy, OfAMixtureIsTheMeanOfBothLabels) {
  const std::vector<float> logits{std::log(3.0f), 0};  // probabilities 3/4 and 1/4
  std::vector<float> gradient(2);
  const std::vector<Mixture> mixtures{{.other = 1, .share = 0.25f}};
  const Loss loss = cross_entropy(logits, std::vector<std::int32_t>{0}, 1, gradient, {.mixtures = mixtures});
  EXPECT_THAT(loss.sum, DoubleNear(-0.25 * std::log(0.75) - 0.75 * std::log(0.25), 1e-6));
  EXPECT_THAT(gradient, ElementsAre(FloatNear(0.5f, 1e-6f), FloatNear(-0.5f, 1e-6f)));
  EXPECT_EQ(loss.correct, 0);  // the larger share is label 1's
}

TEST(CrossEntropy, OfAMixtureWithItsOwnLabelIsThatOfTheLabel) {
  const std::vector<float> logits{0.5f, -1, 2};
  std::vector<float> plain(3), mixed(3);
  const std::vector<Mixture> mixtures{{.other = 2, .share = 0.3f}};
  const Loss expected = cross_entropy(logits, std::vector<std::int32_t>{2}, 1, plain, {.smoothing = 0.1});
  const Loss loss = cross_entropy(logits, std::vector<std::int32_t>{2}, 1, mixed, {.smoothing = 0.1, .mixtures = mixtures});
  EXPECT_THAT(loss.sum, DoubleNear(expected.sum, 1e-12));
  for (std::size_t k = 0; k < 3; ++k) EXPECT_THAT(mixed[k], FloatNear(plain[k], 1e-6f));
}

TEST(CrossEntropy, StaysFiniteForLogitsThatOverflowAnExponential) {
  std::vector<float> gradient(2);
  const Loss loss = cross_entropy(std::vector<float>{1000, -1000}, std::vector<std::int32_t>{1}, 1, gradient);
  EXPECT_DOUBLE_EQ(loss.sum, 2000);
  EXPECT_THAT(gradient, ElementsAre(1, -1));
}

TEST(CrossEntropy, CountsAnImageAsRightWhenItsLabelHasTheLargestLogitAndTheLowestClassOfEquals) {
  const std::vector<float> logits{1, 3, 2, 5, 5, 0};
  EXPECT_EQ(cross_entropy(logits, std::vector<std::int32_t>{1, 0}, 1, {}).correct, 2);
  EXPECT_EQ(cross_entropy(logits, std::vector<std::int32_t>{2, 1}, 1, {}).correct, 0);
}

TEST(CrossEntropy, CarriesANotANumberIntoTheLoss) {
  EXPECT_TRUE(std::isnan(cross_entropy(std::vector<float>{NAN, 1}, std::vector<std::int32_t>{1}, 1, {}).sum));
}

}  // namespace
}  // namespace bitloom::train
