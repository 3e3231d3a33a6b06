#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "report/charts/gantt.h"
#include "report/format.h"
#include "report/sections/pieces.h"

namespace bitloom::report {
namespace {

constexpr int kImagesShown = 6;

std::string pace_words(const Verification& run) {
  std::string words = fmt::format("Over {} back to back, one image comes out every {} cycles", counted(run.throughput_images, "image"),
                                  grouped(run.cycles_per_image));
  if (run.ideal_cycles > 0)
    words += fmt::format("; the slowest unit alone needs {} ({} % more than that ideal)", grouped(run.ideal_cycles),
                         fixed(100 * (run.cycles_per_image / static_cast<double>(run.ideal_cycles) - 1), 1));
  return words + ".";
}

}  // namespace

Markup pipeline_section(const RunReport& report) {
  constexpr std::string_view kId = "pipeline", kTitle = "The pipeline over time";
  if (!report.verification) return section(kId, kTitle, not_run(report.verification.origin));
  const Verification& run = *report.verification;
  if (run.timeline.empty()) return section(kId, kTitle, not_run({Origin::Kind::kNotRun, "the simulation recorded no activity"}));
  std::set<std::string> units;
  for (const UnitActivity& activity : run.timeline) units.insert(activity.unit);
  const Gantt gantt{
      "Pipeline over time",
      fmt::format("Output of {} for the first images, in cycles from the first pixel. Latency {} cycles, one image every {} cycles.",
                  counted(static_cast<std::int64_t>(units.size()), "unit"), grouped(run.latency_cycles), grouped(run.cycles_per_image)),
      run.timeline,
      kImagesShown,
      run.latency_cycles,
      duration_of(static_cast<double>(run.latency_cycles), report.request)};
  Markup content = paragraph(pace_words(run) + " All units work at once, each on another image or another part of it.");
  content +=
      element("div", {{"class", "scroll"}, {"role", "region"}, {"aria-label", "Pipeline over time"}, {"tabindex", "0"}}, draw(gantt));
  content +=
      paragraph("A bar reaches from a unit's first output of an image to its last; its number and colour say which image.", "caption");
  return section(kId, kTitle, content + source_line(report.verification.origin));
}

}  // namespace bitloom::report
