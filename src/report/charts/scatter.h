#pragma once

#include <string>
#include <vector>

#include "report/html.h"

namespace bitloom::report {

/// Points over two scales, and a line through some of them.
struct Scatter {
  struct Point {
    double x = 0, y = 0;
    std::string hover, name;           ///< the name is written beside it; may be empty
  };
  std::string title, description, x_title, unit;  ///< unit of y
  std::vector<Point> line;             ///< by rising x
  std::vector<Point> points;
  Point marked;                        ///< drawn larger, with its name
  double limit = 0;                    ///< x of a vertical line; none at 0
  std::string limit_name;
};

Markup draw(const Scatter& chart);

}  // namespace bitloom::report
