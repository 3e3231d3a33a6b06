#include "cli/run/describe.h"
#include "cli/run/machine.h"
#include "passes/lower/lower.h"
#include "report/format.h"

namespace bitloom::cli {
namespace {

report::Origin measured_on(std::int64_t images) {
  return {report::Origin::Kind::kMeasured, report::counted(images, "validation image") + " on " + machine_description()};
}

std::vector<double> decibels_of(const std::vector<search::BitsEffect>& effects) {
  std::vector<double> list;
  for (const search::BitsEffect& effect : effects) list.push_back(search::decibels(effect.judgement.noise));
  return list;
}

}  // namespace

report::Sourced<report::MixedPrecision> describe_mixed_precision(const Sensitivity& sensitivity, const search::MixedPrecision& mixed,
                                                                 const Recipe::MixedPrecision& section) {
  const auto point = [&](const search::MixedPrecision::Point& p) {
    return report::MixedPrecision::Point{p.cost / mixed.cost_of_8_bits, search::decibels(p.noise), p.bits > 0 ? fmt::format("{} bits", p.bits) : ""};
  };
  report::MixedPrecision result;
  result.widths = sensitivity.widths;
  result.unit = search::unit_of_cost(section.cost);
  result.cost_of_8_bits = mixed.cost_of_8_bits;
  result.budget = section.budget;
  result.chosen = point({mixed.cost, mixed.noise});
  result.chosen.name = "chosen";
  for (const auto& p : mixed.front) result.front.push_back(point(p));
  for (const auto& p : mixed.uniform) result.uniform.push_back(point(p));
  for (const search::LayerSensitivity& layer : sensitivity.layers) {
    const LayerBits& bits = mixed.layers.at(layer.layer);
    result.layers.push_back({layer.layer, layer.weights, layer.macs, decibels_of(layer.of_weights), decibels_of(layer.of_activations), bits.weights,
                             bits.activations});
  }
  return {measured_on(sensitivity.images), std::move(result)};
}

report::Sourced<report::Ladder> describe_ladder(const std::vector<search::Rung>& rungs, const std::vector<Quantized>& tries, std::size_t kept,
                                                double float_top1, std::int64_t images) {
  report::Ladder ladder{float_top1, images, {}};
  std::size_t taken = 0;
  for (const search::Rung& rung : rungs) {
    report::Rung shown{rung.name, rung.top1, rung.why_not, static_cast<int>(rung.layers.size()), rung.float_share, 0, rung.seconds, rung.passed, false};
    if (rung.top1) {
      shown.bytes = parameter_bytes(tries[taken].integer);
      shown.kept = taken++ == kept;
    }
    ladder.rungs.push_back(std::move(shown));
  }
  return {measured_on(images), std::move(ladder)};
}

}  // namespace bitloom::cli
