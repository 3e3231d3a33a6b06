#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/format.h"
#include "report/html.h"
#include "report/report.h"
#include "report/verdict.h"

namespace bitloom::report {
namespace {

struct Line {
  std::string name, figures;
  Origin origin;
};

Line not_run(std::string name, const Origin& origin) { return {std::move(name), "not run: " + origin.detail, {origin.kind, ""}}; }

Line accuracy_line(const RunReport& report) {
  if (!report.float_accuracy) return not_run("accuracy", report.float_accuracy.origin);
  std::string figures = fmt::format("float {}", percent(report.float_accuracy->top1));
  if (!report.int_accuracy) return {"accuracy", figures + ", integer not run", report.float_accuracy.origin};
  const double drop = report.float_accuracy->top1 - report.int_accuracy->top1;
  if (report.post_training_top1) figures += fmt::format(", quantized without training {}", percent(*report.post_training_top1));
  figures += fmt::format(", {} {}, drop {} (at most {})", integer_name(report.request), percent(report.int_accuracy->top1), fixed(drop, 2),
                         fixed(report.request.max_drop, 2));
  return {"accuracy", figures, report.int_accuracy.origin};
}

Line size_line(const RunReport& report) {
  if (!report.size) return not_run("size", report.size.origin);
  const Size& size = *report.size;
  const double ratio = static_cast<double>(size.float_bytes) / static_cast<double>(std::max<std::int64_t>(1, size.int_bytes));
  return {"size", fmt::format("{} -> {}, {} times smaller", human_bytes(size.float_bytes), human_bytes(size.int_bytes), fixed(ratio, 2)),
          report.size.origin};
}

Line verify_line(const RunReport& report) {
  if (!report.verification) return not_run("verify", report.verification.origin);
  const Verification& run = *report.verification;
  return {"verify",
          run.failure.empty() ? fmt::format("{} of {} outputs differ", grouped(run.mismatches), grouped(run.outputs))
                              : "failed: " + run.failure,
          report.verification.origin};
}

Line pace_line(const RunReport& report) {
  if (!report.verification) return not_run("pace", report.verification.origin);
  const Verification& run = *report.verification;
  std::string figures = fmt::format("{} cycles an image", grouped(run.cycles_per_image));
  if (const double rate = images_per_second(report); rate > 0)
    figures += fmt::format(", {} images/s at {}, latency {}", grouped(static_cast<std::int64_t>(rate)), megahertz(report.request.clock_mhz),
                           duration_of(static_cast<double>(run.latency_cycles), report.request));
  return {"pace", figures, report.verification.origin};
}

Line area_line(const RunReport& report) {
  if (!report.synthesis) return not_run("area", report.synthesis.origin);
  std::vector<std::string> used;
  for (const Resource& resource : report.resources)
    if (resource.synthesized && *resource.synthesized > 0)
      used.push_back(fmt::format("{}/{} {}", grouped(*resource.synthesized), grouped(resource.available), resource.name));
  return {"area", join(used, ", "), report.synthesis.origin};
}

Line clock_line(const RunReport& report) {
  if (!report.synthesis) return not_run("clock", report.synthesis.origin);
  if (!report.synthesis->fmax_mhz) return not_run("clock", {Origin::Kind::kNotRun, why_no_fmax(*report.synthesis)});
  return {"clock", fmt::format("up to {}, {} asked for", megahertz(*report.synthesis->fmax_mhz), megahertz(report.request.clock_mhz)),
          report.synthesis.origin};
}

}  // namespace

std::string render_terminal_summary(const RunReport& report, const std::string& report_path) {
  const Request& request = report.request;
  const Verdict result = verdict(report);
  std::string summary = fmt::format("{}: {} on {}{}, seed {}\n", request.recipe, request.network, request.data,
                                    request.target.empty() ? "" : " for " + request.target, request.seed);
  const auto add = [&](const std::string& name, const std::string& rest) { summary += fmt::format("  {:<9} {}\n", name, rest); };
  add("verdict", result.line);
  const std::vector<Line> lines{accuracy_line(report), size_line(report), verify_line(report),
                                pace_line(report),     area_line(report), clock_line(report)};
  for (const Line& line : lines) {
    const bool ran = line.origin.kind != Origin::Kind::kNotRun;
    add(line.name, ran ? fmt::format("{}  [{}]", line.figures, to_string(line.origin.kind)) : line.figures);
  }
  if (!report.stopped.empty()) add("stopped", report.stopped);
  if (report.provenance.seconds > 0) add("time", human_duration(report.provenance.seconds));
  add("report", report_path);
  return valid_utf8(summary);
}

}  // namespace bitloom::report
