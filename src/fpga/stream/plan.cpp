#include "fpga/stream/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "fpga/stream/assemble.h"
#include "fpga/stream/choose_folding.h"
#include "fpga/stream/layers.h"

namespace bitloom::fpga {
namespace {

constexpr int kMaxBusBits = 512;    // of an AXI4-Stream end; wider ones exist on no board that we know

std::string list(const std::vector<int>& values) {
  std::vector<std::string> texts;
  for (const int value : values) texts.push_back(std::to_string(value));
  return join(texts, ", ");
}

bool is_weighted(const Layer& layer) { return std::holds_alternative<WeightedSum>(layer.work); }

void check_folding_names(const Graph& graph, const std::vector<Layer>& layers, const PlanOptions& options) {
  std::vector<std::string> names;
  for (const Layer& layer : layers)
    if (is_weighted(layer)) names.push_back(layer.node);
  for (const auto& [name, folding] : options.folding)
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw InputError(graph.name(), fmt::format("a folding is given for '{}', which is no convolution or Gemm", name), suggest(name, names));
}

/// What the user fixed, else everything that divides. Products go to DSPs, narrow ones perhaps to LUTs; with `lut_products` all start in
/// LUTs, and fill_dsps moves what it can.
FoldingChoices choices_for(const Graph& graph, const Layer& layer, const PlanOptions& options, bool lut_products) {
  FoldingChoices choices{valid_pe(layer), valid_simd(layer), {true}};
  if (!is_weighted(layer)) return choices;
  if (lut_products)
    choices.use_dsp = {false};
  else if (has_narrow_products(layer))
    choices.use_dsp = {true, false};
  const auto given = options.folding.find(layer.node);
  if (given == options.folding.end()) return choices;
  const auto fix = [&](std::vector<int>& valid, int wanted, std::string_view name, std::string_view what) {
    if (wanted == 0) return;
    if (std::find(valid.begin(), valid.end(), wanted) == valid.end())
      throw InputError(fmt::format("{}: node '{}' ({})", graph.name(), layer.node, layer.op),
                       fmt::format("{} cannot be split over {} = {}", what, name, wanted),
                       fmt::format("{} = {}; or leave it out to let `compile` choose", name, list(valid)));
    valid = {wanted};
  };
  const auto& sum = std::get<WeightedSum>(layer.work);
  fix(choices.pe, given->second.pe, "pe", fmt::format("{} outputs", sum.outputs));
  fix(choices.simd, given->second.simd, "simd", fmt::format("{} inputs", sum.inputs));
  return choices;
}

/// On iCE40 both ends are the serial bridge's bytes, and the results' 32-bit words one by one. Elsewhere a bus of at most kMaxBusBits.
EndLanes end_lanes(const std::vector<Layer>& layers, Family family) {
  const auto lanes = [&](std::int64_t channels, int bits) {
    std::vector<int> fitting;
    for (const int count : divisors(channels))
      if (count == 1 || (family != Family::kIce40 && count * field_bits(bits) <= kMaxBusBits)) fitting.push_back(count);
    return fitting;
  };
  return {lanes(layers.front().input_map.channels, layers.front().input.bits), lanes(layers.back().output_map.channels, layers.back().output.bits)};
}

/// Searches the space of foldings for one part.
class Planner {
 public:
  Planner(const Graph& graph, const std::vector<Layer>& layers, const Part& part, const PlanOptions& options, bool lut_products)
      : layers_(layers), part_(part), budget_(budget(part)), ends_(end_lanes(layers, part.family)), lut_products_(lut_products) {
    std::set<std::int64_t> paces;
    for (const Layer& layer : layers) {
      options_.push_back(folding_options(layer, choices_for(graph, layer, options, lut_products), part.family));
      for (const FoldingOption& option : options_.back()) paces.insert(option.cycles);
    }
    paces_.assign(paces.begin(), paces.end());
  }

  struct Found {
    ChainFolding chain;
    StreamDesign design;
  };

  /// The fastest chain that fits: bisection over the paces that single layers can have, since what fits at one pace fits at any slower.
  std::optional<Found> fastest() {
    std::optional<Found> best;
    std::size_t low = 0, high = paces_.size();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (auto found = fitting_at(paces_[middle])) {
        best = std::move(found);
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return best;
  }

  /// Where fastest() found none: the chain that misses the budget by least.
  const std::optional<Found>& smallest() const { return smallest_; }

 private:
  /// The cheapest chain that keeps `pace` and fits.
  std::optional<Found> fitting_at(std::int64_t pace) {
    for (ChainFolding& chain : pareto_chains(layers_, options_, ends_, pace, budget_, part_.family)) {
      if (lut_products_) fill_dsps(layers_, budget_.dsp, part_.family, chain);
      Found found{chain, assemble(layers_, chain, part_)};
      if (fits(found.design.estimate, budget_)) return found;
      if (!smallest_ || overrun(found.design.estimate) < overrun(smallest_->design.estimate)) smallest_ = std::move(found);
    }
    return {};
  }

  double overrun(const Resources& used) const {
    double worst = 0;
    for (const ResourceField& field : resource_fields())
      worst = std::max(worst, used.*field.amount / std::max(budget_.*field.amount, 0.5));
    return worst;
  }

  const std::vector<Layer>& layers_;
  const Part& part_;
  const Resources budget_;
  const EndLanes ends_;
  const bool lut_products_;
  std::vector<std::vector<FoldingOption>> options_;
  std::vector<std::int64_t> paces_;
  std::optional<Found> smallest_;
};

/// On AMD parts LUTs make products only where the DSPs do not suffice even for the smallest folding: a product takes more than 100 of
/// them. An iCE40 has eight DSPs and block RAM for few weights at once, so its LUTs are what is left to be used.
std::optional<Planner::Found> search(const Graph& graph, const std::vector<Layer>& layers, const Part& part, const PlanOptions& options,
                                     std::optional<Planner::Found>* smallest) {
  for (const bool lut_products : {false, true}) {
    if (!lut_products && part.family == Family::kIce40) continue;
    Planner planner(graph, layers, part, options, lut_products);
    if (auto found = planner.fastest()) return found;
    *smallest = planner.smallest();
  }
  return {};
}

/// The part with the fewest LUTs on which the network fits, or "".
std::string part_that_fits(const Graph& graph, const std::vector<Layer>& layers, const PlanOptions& options) {
  const Part* best = nullptr;
  std::optional<Planner::Found> ignored;
  for (const Part& part : all_parts())
    if ((!best || part.available.lut < best->available.lut) && search(graph, layers, part, options, &ignored)) best = &part;
  return best ? best->name : "";
}

/// The resource that is over by the largest factor.
const ResourceField& scarcest(const Resources& used, const Resources& limit) {
  const auto share = [&](const ResourceField& field) { return used.*field.amount / std::max(limit.*field.amount, 0.5); };
  return *std::max_element(resource_fields().begin(), resource_fields().end(), [&](const auto& a, const auto& b) { return share(a) < share(b); });
}

[[noreturn]] void throw_does_not_fit(const Graph& graph, const std::vector<Layer>& layers, const Part& part, const PlanOptions& options,
                                     const StreamDesign& smallest) {
  const Resources limit = budget(part);
  const auto& [key, amount] = scarcest(smallest.estimate, limit);
  const std::string resource = resource_name(key, part.family);
  const auto largest = std::max_element(smallest.layers.begin(), smallest.layers.end(),
                                        [&, amount = amount](const LayerPlan& a, const LayerPlan& b) { return a.estimate.*amount < b.estimate.*amount; });
  const double planned = limit.*amount / (part.available.*amount);
  std::vector<std::string> fixes = {fmt::format("'{}' alone takes {:g} {}", largest->node, std::ceil(largest->estimate.*amount), resource)};
  if (!options.folding.empty()) fixes.emplace_back("remove the given folding or make it smaller");
  if (key == "dsp" && largest->op == "Requantize") fixes.emplace_back("quantize with power_of_two, so that requantizing takes no multiplier");
  const std::string other = part_that_fits(graph, layers, options);
  if (!other.empty()) fixes.push_back(fmt::format("stream:{} would fit it", other));
  fixes.emplace_back("or make the network smaller");
  throw CheckError(fmt::format("{} on {}", graph.name(), part.name),
                   fmt::format("{}: {} (estimated{})",
                               options.folding.empty() ? "even the smallest folding does not fit" : "does not fit with the given pe and simd",
                               excess(smallest.estimate, limit, part.family),
                               planned < 1 ? fmt::format("; {:.0f} % of the part's {} may be planned", 100 * planned, resource) : ""),
                   join(fixes, ", "));
}

}  // namespace

Resources budget(const Part& part) {
  const bool ice40 = part.family == Family::kIce40;
  Resources limit = part.available * (ice40 ? 1.0 : 0.9);
  limit.lut = part.available.lut * (ice40 ? 0.85 : 0.7);
  return limit;
}

StreamDesign plan_stream(const Graph& integer_graph, const Part& part, const PlanOptions& options) {
  const std::vector<Layer> layers = layers_of(integer_graph);
  check_folding_names(integer_graph, layers, options);
  std::optional<Planner::Found> smallest;
  std::optional<Planner::Found> found = search(integer_graph, layers, part, options, &smallest);
  if (!found) throw_does_not_fit(integer_graph, layers, part, options, smallest->design);

  StreamDesign design = std::move(found->design);
  design.network = integer_graph.name();
  design.clock_mhz = options.clock_mhz > 0 ? options.clock_mhz : part.clock_mhz;
  fill_memories(layers, found->chain, design);
  return design;
}

}  // namespace bitloom::fpga
