#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/html.h"
#include "report/report.h"

namespace bitloom::report {

/// The pipeline over time: a row for each unit, a bar for each image that it sends out, the colour telling the images apart.
struct Gantt {
  std::string title, description;
  const std::vector<UnitActivity>& activities;  ///< units in the order of the stream
  int images = 6;                               ///< the first so many are shown
  std::int64_t latency_cycles = 0;
  std::string latency_time;                     ///< "1.2 ms"; may be empty
};

Markup draw(const Gantt& gantt);

}  // namespace bitloom::report
