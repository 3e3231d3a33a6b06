#pragma once

#include <string_view>

namespace bitloom::report {

/// What a report may load, as a Content-Security-Policy: nothing from outside its file, whatever that holds.
constexpr std::string_view content_policy() {
  return "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
}

/// The page's style sheet: light and dark, screen and paper.
std::string_view style_sheet();

/// What the page may do without: the words of a chart's marks (their <title>) shown at once, and on a tap, too.
std::string_view hover_script();

}  // namespace bitloom::report
