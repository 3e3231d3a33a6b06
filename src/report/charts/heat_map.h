#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/html.h"

namespace bitloom::report {

using CountMatrix = std::vector<std::vector<std::int64_t>>;

/// A confusion matrix: label down, prediction across. Right answers and wrong ones are shaded on scales of their own, because a few
/// errors among a thousand right answers would otherwise not be seen.
struct HeatMap {
  std::string title, description;
  const CountMatrix& counts;            ///< [label][prediction]
  const std::vector<std::string>& classes;
  std::int64_t most_wrong = 0;          ///< count that is shaded darkest off the diagonal: the same in maps to be compared
  bool signed_difference = false;       ///< counts are differences: shown with sign, none shown for 0
};

Markup draw(const HeatMap& map);

/// The largest count off the diagonal.
std::int64_t most_wrong(const CountMatrix& counts);

}  // namespace bitloom::report
