#include <fmt/format.h>

#include "base/text.h"
#include "report/format.h"
#include "report/sections/pieces.h"
#include "report/svg.h"

namespace bitloom::report {
namespace {

Markup outcome_of(const Rung& rung, const Ladder& ladder) {
  if (!rung.top1) return span("none", "not taken: " + rung.why_not);
  return text(fmt::format("{} points below float{}", fixed(ladder.float_top1 - *rung.top1, 2), rung.passed ? ", good enough" : ""));
}

Markup in_float(const Rung& rung) {
  if (rung.float_layers == 0) return span("none", "\u2013");
  return text(fmt::format("{}, {} % of the MACs", counted(rung.float_layers, "layer"), fixed(100 * rung.float_share, 1)));
}

}  // namespace

Markup ladder_section(const RunReport& report) {
  if (!report.ladder) return {};
  constexpr std::string_view kId = "ladder", kTitle = "How far it had to go";
  if (!*report.ladder) return section(kId, kTitle, not_run(report.ladder->origin));
  const Ladder& ladder = **report.ladder;
  Table table("Rungs of the ladder, in the order in which they were taken",
              {{"Rung", false, ""}, {"Top-1", true, "On validation images"}, {"Outcome", false, ""}, {"In float", false, ""}, {"Parameters", true, ""},
               {"Took", true, ""}});
  for (const Rung& rung : ladder.rungs) {
    const bool taken = rung.top1.has_value();
    table.add_row({text(rung.name), taken ? text(percent(*rung.top1)) : span("none", "\u2013"), outcome_of(rung, ladder), in_float(rung),
                   taken ? text(human_bytes(rung.bytes)) : span("none", "\u2013"), taken ? text(human_duration(rung.seconds)) : span("none", "\u2013")},
                  rung.kept ? "chosen" : "");
  }
  const std::string words = fmt::format(
      "Rungs are taken until one is at most {} points below the float network's {}, judged by {} that nothing was trained on.", fixed(report.request.max_drop, 2), percent(ladder.float_top1), counted(ladder.images, "validation image"));
  return section(kId, kTitle, paragraph(words) + table.markup() + source_line(report.ladder->origin));
}

}  // namespace bitloom::report
