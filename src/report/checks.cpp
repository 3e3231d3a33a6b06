#include <fmt/format.h>

#include <algorithm>

#include "base/percent.h"
#include "base/text.h"
#include "report/format.h"
#include "report/report.h"
#include "report/verdict.h"

namespace bitloom::report {
namespace {

using Outcome = Check::Outcome;

Outcome outcome(bool good) { return good ? Outcome::kPassed : Outcome::kFailed; }

Check accuracy_check(const RunReport& report) {
  const std::string name = "accuracy";
  if (!report.float_accuracy) return {name, Outcome::kNotRun, report.float_accuracy.origin.detail};
  if (!report.int_accuracy) return {name, Outcome::kNotRun, report.int_accuracy.origin.detail};
  const double drop = report.float_accuracy->top1 - report.int_accuracy->top1, allowed = report.request.max_drop;
  const std::string change = drop < 0 ? fmt::format("gains {}", fixed(-drop, 2)) : fmt::format("loses {}", fixed(drop, 2));
  return {name, outcome(drop_is_allowed(report)),
          fmt::format("{} {} points against float; {} may be lost", integer_name(report.request), change, fixed(allowed, 2))};
}

Check equality_check(const RunReport& report) {
  const std::string name = "equality";
  if (!report.verification) return {name, Outcome::kNotRun, report.verification.origin.detail};
  const Verification& run = *report.verification;
  if (!run.failure.empty()) return {name, Outcome::kFailed, run.failure};
  if (run.outputs == 0) return {name, Outcome::kFailed, "no output was compared"};
  std::string detail =
      fmt::format("{} of {} outputs differ on {}", grouped(run.mismatches), grouped(run.outputs), counted(run.images, "image"));
  if (!run.first_mismatch.empty()) detail += "; first: " + run.first_mismatch;
  return {name, outcome(run.mismatches == 0), detail};
}

Check second_simulator_check(const RunReport& report) {
  const std::string name = "second simulator";
  if (!report.verification) return {name, Outcome::kNotRun, report.verification.origin.detail};
  const Verification& run = *report.verification;
  if (run.second_simulator.empty() || run.second_images == 0) return {name, Outcome::kNotRun, "no images were asked of it"};
  return {name, outcome(run.second_mismatches == 0),
          fmt::format("{} outputs differ on {} in {}", grouped(run.second_mismatches), counted(run.second_images, "image"),
                      run.second_simulator)};
}

Check fit_check(const RunReport& report) {
  const std::string name = "fit";
  if (!report.synthesis) return {name, Outcome::kNotRun, report.synthesis.origin.detail};
  std::vector<std::string> over, used;
  for (const Resource& resource : report.resources) {
    if (!resource.synthesized) continue;
    const std::string amount = fmt::format("{} of {} {}", grouped(*resource.synthesized), grouped(resource.available), resource.name);
    if (*resource.synthesized > resource.available) over.push_back(amount);
    if (*resource.synthesized > 0) used.push_back(amount);
  }
  if (!over.empty()) return {name, Outcome::kFailed, "needs " + join(over, ", ")};
  if (used.empty())
    return {name, Outcome::kFailed, report.synthesis->failure.empty() ? "synthesis gave no figures" : report.synthesis->failure};
  return {name, Outcome::kPassed, join(used, ", ")};
}

Check clock_check(const RunReport& report) {
  const std::string name = "clock";
  if (!report.synthesis) return {name, Outcome::kNotRun, report.synthesis.origin.detail};
  if (!report.synthesis->fmax_mhz) return {name, Outcome::kNotRun, why_no_fmax(*report.synthesis)};
  const double fmax = *report.synthesis->fmax_mhz;
  return {name, outcome(fmax >= report.request.clock_mhz),
          fmt::format("at most {}; {} asked for", megahertz(fmax), megahertz(report.request.clock_mhz))};
}

/// What a tool calls failed stays failed, also where the figures alone would pass.
Check synthesis_check(const RunReport& report) {
  return {"synthesis", Outcome::kFailed, report.synthesis->failure};
}

}  // namespace

bool drop_is_allowed(const RunReport& report) {
  return is_within_drop(report.float_accuracy->top1, report.int_accuracy->top1, report.request.max_drop);
}

std::vector<Check> checks(const RunReport& report) {
  std::vector<Check> list;
  for (const auto& check : {accuracy_check, equality_check, second_simulator_check, fit_check, clock_check}) list.push_back(check(report));
  const auto failed = [](const Check& check) { return check.outcome == Outcome::kFailed; };
  const bool explained = std::any_of(list.end() - 2, list.end(), failed);  // by fit or clock
  if (report.synthesis && !report.synthesis->failure.empty() && !explained) list.push_back(synthesis_check(report));
  // A failed check is what ends most runs early; only what ended a run otherwise is a check of its own.
  if (!report.stopped.empty() && std::none_of(list.begin(), list.end(), failed)) list.push_back({"run", Outcome::kFailed, report.stopped});
  return list;
}

bool passed(const RunReport& report) {
  const std::vector<Check> list = checks(report);
  return std::none_of(list.begin(), list.end(), [](const Check& check) { return check.outcome == Outcome::kFailed; });
}

}  // namespace bitloom::report
