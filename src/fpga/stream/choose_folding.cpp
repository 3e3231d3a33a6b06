#include "fpga/stream/choose_folding.h"

#include <algorithm>
#include <limits>
#include <map>

namespace bitloom::fpga {
namespace {

constexpr double kDspPrice = 0.1;  // of what LUTs cost, budget for budget: a DSP that makes no product is good for nothing else

/// What share of the budget an amount is, summed over the resources.
class Prices {
 public:
  explicit Prices(const Resources& budget) {
    for (const ResourceField& field : resource_fields()) each_.*field.amount = 1 / std::max(budget.*field.amount, 0.5);
    each_.dsp *= kDspPrice;
  }
  double of(const Resources& amount) const {
    double sum = 0;
    for (const ResourceField& field : resource_fields()) sum += amount.*field.amount * each_.*field.amount;
    return sum;
  }

 private:
  Resources each_;
};

/// A chain so far.
struct Partial {
  Resources cost;
  double price = 0;
  StreamFormat format;
  std::vector<LayerFolding> layers;
  int input_lanes = 1;
  std::int64_t slack = 0;  ///< cycles an image that its last layer may wait for the next one
};
using Frontier = std::map<int, std::vector<Partial>>;  // by the lanes behind it

/// Leaves the elements of which no other one costs at most as much of everything, cheapest first, and of them the `keep` cheapest.
template <class T>
void keep_undominated(std::vector<T>& all, std::size_t keep) {
  std::stable_sort(all.begin(), all.end(), [](const T& a, const T& b) { return a.price < b.price; });
  std::vector<T> kept;
  for (T& candidate : all) {
    const auto dominates = [&](const T& other) { return fits(other.cost, candidate.cost); };
    if (kept.size() < keep && std::none_of(kept.begin(), kept.end(), dominates)) kept.push_back(std::move(candidate));
  }
  all = std::move(kept);
}

struct PricedOption {
  const FoldingOption* option;
  Resources cost;
  double price;
};

/// Options that keep the pace, without those that another one with the same lanes beats in everything.
std::vector<PricedOption> useful(const std::vector<FoldingOption>& options, std::int64_t pace, const Prices& prices) {
  std::map<std::pair<int, int>, std::vector<PricedOption>> by_lanes;
  for (const FoldingOption& option : options)
    if (option.cycles <= pace) by_lanes[{option.input.lanes, option.output.lanes}].push_back({&option, option.cost, prices.of(option.cost)});
  std::vector<PricedOption> all;
  for (auto& [lanes, group] : by_lanes) {
    keep_undominated(group, kKeptChains);
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

/// `partial` with its stream regrouped for `lanes` lanes.
Partial converted(const Partial& partial, int lanes, std::int64_t elements, const Prices& prices, Family family) {
  Partial result = partial;
  if (partial.format.lanes == lanes) return result;
  const Unit converter = width_converter("", partial.format, lanes, elements, family);
  result.format = converter.output;
  result.cost += converter.estimate;
  result.price += prices.of(converter.estimate);
  return result;
}

/// Cycles an image that a layer waits for a next one of `lanes` lanes. A pooling unit sends all beats of a pixel one behind the other, and
/// takes in nothing of the next window while fewer lanes drain them; every other unit spreads its beats.
std::int64_t waiting(const Layer& layer, const StreamFormat& format, int lanes) {
  if (!std::holds_alternative<Pooling>(layer.work) || lanes >= format.lanes) return 0;
  return layer.output_map.elements() / lanes - layer.output_map.elements() / format.lanes;
}

/// Every chain of the frontier, regrouped for `lanes` lanes, but those whose last layer would then lose the pace.
/// @param before  the layer that the chains end in; null before the first
std::vector<Partial> all_converted(const Frontier& frontier, const Layer* before, int lanes, std::int64_t elements, const Prices& prices,
                                   Family family) {
  std::vector<Partial> all;
  for (const auto& [unused, partials] : frontier)
    for (const Partial& partial : partials)
      if (!before || waiting(*before, partial.format, lanes) <= partial.slack)
        all.push_back(converted(partial, lanes, elements, prices, family));
  keep_undominated(all, kKeptChains);
  return all;
}

Frontier extended(const Frontier& frontier, const Layer* before_layer, const Layer& layer, const std::vector<PricedOption>& options,
                  std::int64_t pace, const Prices& prices, Family family) {
  std::map<int, std::vector<Partial>> by_input;
  for (const PricedOption& priced : options) {
    const int lanes = priced.option->input.lanes;
    if (!by_input.contains(lanes)) by_input[lanes] = all_converted(frontier, before_layer, lanes, layer.input_map.elements(), prices, family);
  }
  Frontier next;
  for (const PricedOption& priced : options)
    for (const Partial& before : by_input[priced.option->input.lanes]) {
      Partial partial = before;
      partial.cost += priced.cost;
      partial.price += priced.price;
      partial.format = priced.option->output;
      partial.slack = pace - priced.option->cycles;
      partial.layers.push_back(priced.option->folding);
      next[partial.format.lanes].push_back(std::move(partial));
    }
  for (auto& [lanes, partials] : next) keep_undominated(partials, kKeptChains);
  return next;
}

}  // namespace

void fill_dsps(const std::vector<Layer>& layers, double dsps, Family family, ChainFolding& chain) {
  struct Item {
    std::size_t layer, dsps;
    double saved;  // LUTs
  };
  std::vector<Item> items;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    LayerFolding folding = chain.layers[i];
    const Resources before = units_of(layers[i], folding, family).back().estimate;
    dsps -= before.dsp;  // a requantize has multipliers of its own
    if (!std::holds_alternative<WeightedSum>(layers[i].work) || folding.use_dsp) continue;
    folding.use_dsp = true;
    const Resources after = units_of(layers[i], folding, family).back().estimate;
    items.push_back({i, static_cast<std::size_t>(after.dsp), before.lut - after.lut});
  }
  // most[d]: LUTs saved with at most d DSPs by the items so far; taken: which of them that takes.
  const auto capacity = static_cast<std::size_t>(std::max(dsps, 0.0));
  std::vector<double> most(capacity + 1, 0);
  std::vector<std::vector<bool>> taken(items.size(), std::vector<bool>(capacity + 1, false));
  for (std::size_t k = 0; k < items.size(); ++k)
    for (std::size_t d = capacity; d >= items[k].dsps && items[k].dsps > 0; --d) {
      const double with = most[d - items[k].dsps] + items[k].saved;
      if (with > most[d]) most[d] = with, taken[k][d] = true;
    }
  for (std::size_t k = items.size(), d = capacity; k-- > 0;)
    if (taken[k][d]) {
      chain.layers[items[k].layer].use_dsp = true;
      d -= items[k].dsps;
    }
}

std::vector<FoldingOption> folding_options(const Layer& layer, const FoldingChoices& choices, Family family) {
  std::vector<FoldingOption> options;
  for (const int pe : choices.pe)
    for (const int simd : choices.simd)
      for (const bool use_dsp : choices.use_dsp) {
        FoldingOption option;
        option.folding = {pe, simd, use_dsp};
        const std::vector<Unit> units = units_of(layer, option.folding, family);
        option.input = units.front().input;
        option.output = units.back().output;
        for (const Unit& unit : units) {
          option.cycles = std::max(option.cycles, unit.ideal_cycles);
          option.cost += unit.estimate;
        }
        options.push_back(std::move(option));
      }
  return options;
}

std::vector<ChainFolding> pareto_chains(const std::vector<Layer>& layers, const std::vector<std::vector<FoldingOption>>& options,
                                        const EndLanes& ends, std::int64_t pace, const Resources& budget, Family family) {
  const Prices prices(budget);
  const StreamFormat input = options.front().front().input;
  Frontier frontier;
  for (const int lanes : ends.input)
    if (layers.front().input_map.elements() / lanes <= pace) frontier[lanes] = {{{}, 0, {lanes, input.bits, input.is_signed}, {}, lanes, 0}};
  for (std::size_t i = 0; i < layers.size(); ++i)
    frontier = extended(frontier, i > 0 ? &layers[i - 1] : nullptr, layers[i], useful(options[i], pace, prices), pace, prices, family);

  const std::int64_t elements = layers.back().output_map.elements();
  std::vector<Partial> complete;
  for (const int lanes : ends.output)
    if (elements / lanes <= pace)
      for (Partial& partial : all_converted(frontier, &layers.back(), lanes, elements, prices, family)) complete.push_back(std::move(partial));
  keep_undominated(complete, complete.size());
  std::vector<ChainFolding> chains;
  for (Partial& partial : complete) chains.push_back({std::move(partial.layers), partial.input_lanes, partial.format.lanes});
  return chains;
}

}  // namespace bitloom::fpga
