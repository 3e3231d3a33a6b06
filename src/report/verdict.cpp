#include "report/verdict.h"

#include <fmt/format.h>

#include "base/text.h"

namespace bitloom::report {

Verdict verdict(const RunReport& report) {
  using Outcome = Check::Outcome;
  std::vector<std::string> failed;
  int passed = 0, not_run = 0;
  for (const Check& check : checks(report)) {
    if (check.outcome == Outcome::kFailed) failed.push_back(check.name);
    passed += check.outcome == Outcome::kPassed;
    not_run += check.outcome == Outcome::kNotRun;
  }
  const std::string rest = not_run > 0 ? fmt::format(", {} not run", not_run) : "";
  if (!failed.empty()) return {Outcome::kFailed, fmt::format("failed: {}; {} passed{}", join(failed, ", "), passed, rest)};
  if (passed == 0) return {Outcome::kNotRun, "no check was run"};
  if (not_run > 0) return {Outcome::kPassed, fmt::format("{} {} passed{}", passed, passed == 1 ? "check" : "checks", rest)};
  return {Outcome::kPassed, fmt::format("all {} checks passed", passed)};
}

}  // namespace bitloom::report
