#include "search/bit_assignment.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace bitloom::search {
namespace {

using Layers = std::vector<std::vector<Choice>>;

Layers random_layers(RandomStream& random, std::size_t layers, std::uint64_t choices) {
  Layers result(layers);
  for (auto& own : result)
    for (std::uint64_t c = 0; c <= random.below(choices); ++c)
      own.push_back({static_cast<double>(random.below(20)), static_cast<double>(random.below(20))});
  return result;
}

/// Calls use(cost, loss) for every assignment there is.
void for_all(const Layers& layers, std::size_t first, double cost, double loss, const std::function<void(double, double)>& use) {
  if (first == layers.size()) return use(cost, loss);
  for (const Choice& choice : layers[first]) for_all(layers, first + 1, cost + choice.cost, loss + choice.loss, use);
}

TEST(ParetoFront, HoldsTheBestAssignmentForEveryBudgetOfRandomLayers) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    RandomStream random({seed});
    const Layers layers = random_layers(random, 5, 4);
    const std::vector<Assignment> front = pareto_front(layers);
    for (double budget = 0; budget < 100; ++budget) {
      double best = INFINITY;
      for_all(layers, 0, 0, 0, [&](double cost, double loss) { best = cost <= budget ? std::min(best, loss) : best; });
      const Assignment* found = best_within(front, budget);
      ASSERT_EQ(found ? found->loss : INFINITY, best) << "budget " << budget;
    }
  }
}

TEST(ParetoFront, SumsTheChoicesItNames) {
  RandomStream random({7});
  const Layers layers = random_layers(random, 6, 4);
  for (const Assignment& assignment : pareto_front(layers)) {
    double cost = 0, loss = 0;
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
      cost += layers[layer][assignment.choices[layer]].cost;
      loss += layers[layer][assignment.choices[layer]].loss;
    }
    EXPECT_EQ(assignment.cost, cost);
    EXPECT_EQ(assignment.loss, loss);
  }
}

TEST(ParetoFront, RisesInCostAndFallsInLoss) {
  RandomStream random({8});
  const std::vector<Assignment> front = pareto_front(random_layers(random, 8, 5));
  for (std::size_t i = 1; i < front.size(); ++i) {
    EXPECT_LT(front[i - 1].cost, front[i].cost);
    EXPECT_GT(front[i - 1].loss, front[i].loss);
  }
}

TEST(ParetoFront, ThinnedKeepsToEveryBudgetAndLosesLittle) {
  RandomStream random({9});
  Layers layers(30);
  for (auto& own : layers) {
    const double weights = 1 + random.uniform() * 1000, sensitivity = random.uniform();
    for (int bits = 2; bits <= 8; ++bits) own.push_back({weights * bits, sensitivity * std::pow(4, -bits)});
  }
  const std::vector<Assignment> exact = pareto_front(layers, 200'000), thinned = pareto_front(layers, 1000);
  EXPECT_GT(exact.size(), 1000u);
  EXPECT_LE(thinned.size(), 1002u);
  for (const double share : {0.3, 0.5, 0.8}) {
    const double budget = share * exact.back().cost;
    const Assignment *best = best_within(exact, budget), *found = best_within(thinned, budget), *of_less = best_within(exact, 0.97 * budget);
    ASSERT_TRUE(best && found && of_less);
    EXPECT_LE(found->cost, budget);
    EXPECT_LE(found->loss, of_less->loss);
  }
}

TEST(ParetoFront, HasNothingWithinABudgetBelowTheCheapest) {
  const std::vector<Assignment> front = pareto_front(Layers{{{3, 1}}, {{4, 1}, {9, 0}}});
  EXPECT_EQ(best_within(front, 6.9), nullptr);
  EXPECT_EQ(best_within(front, 7)->choices, (std::vector<std::size_t>{0, 0}));
}

}  // namespace
}  // namespace bitloom::search
