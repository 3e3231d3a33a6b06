#pragma once

#include <string>

#include "report/report.h"

namespace bitloom::report {

/// The checks in one line: "all 5 checks passed", "failed: fit; 3 passed, 1 not run".
struct Verdict {
  Check::Outcome outcome;  ///< kNotRun when no check was run at all
  std::string line;
};
Verdict verdict(const RunReport& report);

/// Whether the integer network loses no more than request.max_drop. Both accuracies must be there.
bool drop_is_allowed(const RunReport& report);

}  // namespace bitloom::report
