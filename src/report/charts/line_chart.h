#pragma once

#include <string>
#include <vector>

#include "report/html.h"

namespace bitloom::report {

struct LineChart {
  struct Series {
    std::string name;
    bool dashed = false;               ///< told apart by more than colour
    std::vector<double> values;        ///< one for each of x; a value that is not finite leaves a gap
  };
  std::string title, description, unit;
  std::vector<int> x;                  ///< epochs
  std::vector<Series> series;
  int marked_x = -1;                   ///< drawn as a vertical line; none when it is not one of x
  std::string mark;                    ///< its words
  double low = 0;                      ///< the scale starts here, or lower where a value does
  double high = 0;                     ///< and ends here, or at the largest value where that is larger
};

Markup draw(const LineChart& chart);

}  // namespace bitloom::report
