#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace bitloom::search {

/// One of the ways to quantize a layer.
struct Choice {
  double cost = 0, loss = 0;  ///< in any unit, at least 0; those of layers add up
};

/// A choice for every layer.
struct Assignment {
  double cost = 0, loss = 0;
  std::vector<std::size_t> choices;  ///< of each layer, in order
};

/// The assignments that no other one equals at a lower cost or loss, by rising cost and falling loss: a multiple-choice knapsack for all budgets
/// at once. Layers are added one after the other, and of the sums so far only those are kept that no other beats. Exact as long as these are at
/// most `most`; of more, those of least loss in `most` equal steps of the cost, so that every budget is kept to and what is lost is a share of
/// about layers / most of the cost.
/// @param layers  choices of each layer, at least one
std::vector<Assignment> pareto_front(std::span<const std::vector<Choice>> layers, std::size_t most = 4096);

/// The one of the front with the least loss whose cost is at most `budget`; null where there is none.
const Assignment* best_within(std::span<const Assignment> front, double budget);

}  // namespace bitloom::search
