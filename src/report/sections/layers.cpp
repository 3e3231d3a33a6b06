#include <fmt/format.h>

#include <algorithm>

#include "report/format.h"
#include "report/sections/pieces.h"
#include "report/svg.h"

namespace bitloom::report {
namespace {

/// 0 stands for "has none".
Markup amount(std::int64_t number) { return number == 0 ? span("none", "\u2013") : text(grouped(number)); }

Markup bits(const Layer& layer) {
  const auto one = [](int width) { return width == 0 ? std::string("\u2013") : std::to_string(width); };
  if (layer.weight_bits == 0 && layer.activation_bits == 0) return span("none", "\u2013");
  return text(one(layer.weight_bits) + " / " + one(layer.activation_bits));
}

Markup share_cell(std::int64_t cycles, std::int64_t slowest) {
  if (cycles == 0) return span("none", "\u2013");
  const double share = static_cast<double>(cycles) / static_cast<double>(slowest);
  return division("share",
                  bar(share, cycles == slowest ? "fill slowest" : "fill") + span("of", fmt::format("{} %", fixed(100 * share, 0))));
}

std::vector<Table::Column> columns(bool hardware) {
  std::vector<Table::Column> list{{"Layer", false, ""}, {"Operator", false, ""}, {"Output", false, "Shape of its output"},
                                  {"Parameters", true, ""}, {"MACs", true, "Multiply-accumulates for one image"},
                                  {"Bits w / a", true, "Bits of weights and of activations"}};
  if (!hardware) return list;
  list.push_back({"pe", true, "Output channels computed at once"});
  list.push_back({"simd", true, "Inputs multiplied at once for each of them"});
  list.push_back({"Cycles", true, "Of its slowest unit for one image, when nothing stalls"});
  list.push_back({"Of the slowest", false, ""});
  return list;
}

/// What was changed on the way from the float network, or left alone.
Markup notes(const RunReport& report) {
  if (report.quantization_notes.empty()) return {};
  Markup items;
  for (const std::string& note : report.quantization_notes) items += element("li", text(note));
  return element("details", element("summary", text("What quantization changed and left alone")) + element("ul", items));
}

}  // namespace

Markup layers_section(const RunReport& report) {
  constexpr std::string_view kId = "layers", kTitle = "Layer by layer";
  if (report.layers.empty()) return section(kId, kTitle, not_run({}));
  std::int64_t slowest = 0, parameters = 0, macs = 0;
  for (const Layer& layer : report.layers) {
    slowest = std::max(slowest, layer.ideal_cycles);
    parameters += layer.parameters;
    macs += layer.macs;
  }
  const bool hardware = slowest > 0;
  Table table("Layers of the network", columns(hardware));
  for (const Layer& layer : report.layers) {
    std::vector<Markup> cells{text(layer.name),          text(layer.op),     span("shape", layer.output_shape),
                              amount(layer.parameters), amount(layer.macs), bits(layer)};
    if (hardware) {
      for (const std::int64_t number : {std::int64_t{layer.pe}, std::int64_t{layer.simd}, layer.ideal_cycles})
        cells.push_back(amount(number));
      cells.push_back(share_cell(layer.ideal_cycles, slowest));
    }
    table.add_row(std::move(cells), hardware && layer.ideal_cycles == slowest ? "slowest" : "");
  }
  std::vector<Markup> total{text("All"), {}, {}, text(grouped(parameters)), text(grouped(macs)), {}};
  total.resize(hardware ? 10 : 6);
  if (hardware) total[8] = text(grouped(slowest));
  table.add_total(std::move(total));
  const Markup words =
      hardware ? paragraph("The slowest layer sets the pace of the whole pipeline; the others are folded just far enough to keep up.")
               : paragraph("No hardware was made, so there are no folding and no cycles to show.");
  return section(kId, kTitle, words + table.markup() + (hardware ? source_line(report.cycles_origin) : Markup()) + notes(report));
}

}  // namespace bitloom::report
