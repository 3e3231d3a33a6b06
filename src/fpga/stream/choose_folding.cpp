#include "fpga/stream/choose_folding.h"

#include <algorithm>
#include <limits>
#include <map>

namespace bitloom::fpga {
namespace {

double price_of(const Resources& amount, const Resources& prices) {
  double sum = 0;
  for (const ResourceField& field : resource_fields()) sum += amount.*field.amount * prices.*field.amount;
  return sum;
}

/// The best chain so far that ends in a stream of some number of lanes.
struct Partial {
  double price = 0;
  StreamFormat format;
  std::vector<LayerFolding> layers;
  int input_lanes = 1;
};
using Frontier = std::map<int, Partial>;  // by lanes

void keep_cheaper(Frontier& frontier, Partial partial) {
  const auto [slot, is_new] = frontier.try_emplace(partial.format.lanes, partial);
  if (!is_new && partial.price < slot->second.price) slot->second = std::move(partial);
}

/// What it costs to regroup `from` for `lanes` lanes.
double conversion_price(const StreamFormat& from, int lanes, std::int64_t elements, const Resources& prices, Family family) {
  return from.lanes == lanes ? 0 : price_of(width_converter("", from, lanes, elements, family).estimate, prices);
}

/// Options that keep the pace, the cheapest for each pair of lane counts.
std::vector<const FoldingOption*> useful(const std::vector<FoldingOption>& options, std::int64_t pace, const Resources& prices) {
  std::map<std::pair<int, int>, const FoldingOption*> best;
  for (const FoldingOption& option : options) {
    if (option.cycles > pace) continue;
    const FoldingOption*& slot = best[{option.input.lanes, option.output.lanes}];
    if (!slot || price_of(option.cost, prices) < price_of(slot->cost, prices)) slot = &option;
  }
  std::vector<const FoldingOption*> list;
  for (const auto& [lanes, option] : best) list.push_back(option);
  return list;
}

Frontier extended(const Frontier& frontier, const Layer& layer, const std::vector<const FoldingOption*>& options, const Resources& prices,
                  Family family) {
  Frontier next;
  for (const FoldingOption* option : options) {
    const Partial* best = nullptr;
    double best_price = std::numeric_limits<double>::infinity();
    for (const auto& [lanes, partial] : frontier) {
      const double price = partial.price + conversion_price(partial.format, option->input.lanes, layer.input_map.elements(), prices, family);
      if (price < best_price) best = &partial, best_price = price;
    }
    if (!best) continue;
    Partial partial = *best;
    partial.price = best_price + price_of(option->cost, prices);
    partial.format = option->output;
    partial.layers.push_back(option->folding);
    keep_cheaper(next, std::move(partial));
  }
  return next;
}

}  // namespace

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

ChainFolding cheapest_chain(const std::vector<Layer>& layers, const std::vector<std::vector<FoldingOption>>& options, const EndLanes& ends,
                            std::int64_t pace, const Resources& prices, Family family) {
  Frontier frontier;
  const StreamFormat input = options.front().front().input;
  for (const int lanes : ends.input)
    if (layers.front().input_map.elements() / lanes <= pace) frontier[lanes] = {0, {lanes, input.bits, input.is_signed}, {}, lanes};
  for (std::size_t i = 0; i < layers.size(); ++i)
    frontier = extended(frontier, layers[i], useful(options[i], pace, prices), prices, family);

  ChainFolding best;
  double best_price = std::numeric_limits<double>::infinity();
  const std::int64_t elements = layers.back().output_map.elements();
  for (const auto& [lanes, partial] : frontier)
    for (const int output_lanes : ends.output) {
      if (elements / output_lanes > pace) continue;
      const double price = partial.price + conversion_price(partial.format, output_lanes, elements, prices, family);
      if (price < best_price) {
        best_price = price;
        best = {partial.layers, partial.input_lanes, output_lanes};
      }
    }
  return best;
}

}  // namespace bitloom::fpga
