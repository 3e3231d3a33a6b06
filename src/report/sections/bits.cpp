#include <fmt/format.h>

#include "report/charts/scatter.h"
#include "report/format.h"
#include "report/sections/pieces.h"

namespace bitloom::report {
namespace {

Scatter::Point place(const MixedPrecision::Point& point) {
  const std::string where = fmt::format("{} % of 8 bits, {} dB", fixed(100 * point.cost, 1), fixed(point.decibels, 1));
  return {100 * point.cost, point.decibels, point.name.empty() ? where : point.name + ": " + where, point.name};
}

Scatter pareto(const MixedPrecision& mixed) {
  Scatter chart;
  chart.title = "Signal to noise of the output";
  chart.unit = "dB, predicted";
  chart.x_title = mixed.unit + ", % of 8 bits everywhere";
  chart.limit = 100 * mixed.budget;
  chart.limit_name = "budget";
  for (const MixedPrecision::Point& point : mixed.front) chart.line.push_back(place(point));
  for (const MixedPrecision::Point& point : mixed.uniform) chart.points.push_back(place(point));
  chart.marked = place(mixed.chosen);
  chart.description = fmt::format("The best that each budget gives, all layers alike for comparison, and what was chosen: {}.", chart.marked.hover);
  return chart;
}

/// "12.3 24.1 48.0": the decibels of every width.
std::string decibel_list(const std::vector<double>& decibels) {
  std::vector<std::string> list;
  for (const double one : decibels) list.push_back(fixed(one, 1));
  return fmt::format("{}", fmt::join(list, " \u00b7 "));
}

}  // namespace

Markup bits_section(const RunReport& report) {
  if (!report.mixed_precision) return {};
  constexpr std::string_view kId = "bits", kTitle = "Bits of each layer";
  if (!*report.mixed_precision) return section(kId, kTitle, not_run(report.mixed_precision->origin));
  const MixedPrecision& mixed = **report.mixed_precision;
  const std::string widths = fmt::format("{} bits", fmt::join(mixed.widths, " \u00b7 "));
  Table table("Sensitivity of the layers, and what they were given",
              {{"Layer", false, ""}, {"Weights", true, ""}, {"MACs", true, "Multiply-accumulates for one image"},
               {"Weights at " + widths + ", dB", true, "Signal to noise of the network's output where only this layer's weights are quantized"},
               {"Input at " + widths + ", dB", true, "The same for what the layer reads; raw pixels keep their 8 bits"},
               {"Bits w / a", true, "Chosen"}});
  for (const LayerWidths& layer : mixed.layers)
    table.add_row({text(layer.layer), text(grouped(layer.weights)), text(grouped(layer.macs)), text(decibel_list(layer.weight_decibels)),
                   text(decibel_list(layer.activation_decibels)), text(fmt::format("{} / {}", layer.weight_bits, layer.activation_bits))});
  const std::string words = fmt::format(
      "Each layer has the widths of the least predicted noise within {} % of what 8 bits everywhere cost in {}. Noises of layers are taken to add up.",
      fixed(100 * mixed.budget, 1), mixed.unit);
  return section(kId, kTitle, paragraph(words) + draw(pareto(mixed)) + table.markup() + source_line(report.mixed_precision->origin));
}

}  // namespace bitloom::report
