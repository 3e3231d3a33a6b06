#include "search/bit_assignment.h"

#include <algorithm>

namespace bitloom::search {
namespace {

/// A sum of choices of the first layers.
struct State {
  double cost = 0, loss = 0;
  std::size_t before = 0, choice = 0;  ///< the state of one layer less, and what was added to it
};
using Front = std::vector<State>;

/// Leaves those that no other beats, by rising cost.
void keep_best(Front& states) {
  std::ranges::sort(states, [](const State& a, const State& b) { return a.cost != b.cost ? a.cost < b.cost : a.loss < b.loss; });
  Front kept;
  for (const State& state : states)
    if (kept.empty() || state.loss < kept.back().loss) kept.push_back(state);
  states = std::move(kept);
}

/// Of each of `most` equal steps of the cost the last, which has its least loss; and the cheapest of all.
void thin(Front& front, std::size_t most) {
  if (front.size() <= most) return;
  const double low = front.front().cost, step = (front.back().cost - low) / static_cast<double>(most);
  const auto step_of = [&](const State& state) { return static_cast<std::size_t>((state.cost - low) / step); };
  Front kept{front.front()};
  for (std::size_t i = 1; i < front.size(); ++i)
    if (i + 1 == front.size() || step_of(front[i]) != step_of(front[i + 1])) kept.push_back(front[i]);
  front = std::move(kept);
}

}  // namespace

std::vector<Assignment> pareto_front(std::span<const std::vector<Choice>> layers, std::size_t most) {
  std::vector<Front> fronts{Front{State{}}};
  for (const std::vector<Choice>& choices : layers) {
    Front next;
    for (std::size_t s = 0; s < fronts.back().size(); ++s)
      for (std::size_t c = 0; c < choices.size(); ++c)
        next.push_back({fronts.back()[s].cost + choices[c].cost, fronts.back()[s].loss + choices[c].loss, s, c});
    keep_best(next);
    thin(next, most);
    fronts.push_back(std::move(next));
  }
  std::vector<Assignment> result;
  for (const State& end : fronts.back()) {
    Assignment assignment{end.cost, end.loss, std::vector<std::size_t>(layers.size())};
    const State* state = &end;
    for (std::size_t layer = layers.size(); layer-- > 0; state = &fronts[layer][state->before]) assignment.choices[layer] = state->choice;
    result.push_back(std::move(assignment));
  }
  return result;
}

const Assignment* best_within(std::span<const Assignment> front, double budget) {
  const Assignment* best = nullptr;
  for (const Assignment& assignment : front)
    if (assignment.cost <= budget) best = &assignment;
  return best;
}

}  // namespace bitloom::search
