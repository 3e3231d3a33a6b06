#pragma once

#include <string_view>

namespace bitloom::report {

/// The page's style sheet: light and dark, screen and paper.
std::string_view style_sheet();

/// What the page may do without: the words of a chart's marks (their <title>) shown at once, and on a tap, too.
std::string_view hover_script();

}  // namespace bitloom::report
