#pragma once

#include <string>
#include <string_view>

#include "report/html.h"
#include "report/report.h"

namespace bitloom::report {

// The parts of the page, in files of the same names.
Markup headline(const RunReport& report);
Markup pipeline_section(const RunReport& report);
Markup ladder_section(const RunReport& report);  ///< empty where the run does not climb one
Markup bits_section(const RunReport& report);    ///< empty where all layers have the same
Markup layers_section(const RunReport& report);
Markup resources_section(const RunReport& report);
Markup accuracy_section(const RunReport& report);
Markup mistakes_section(const RunReport& report);
Markup size_section(const RunReport& report);
Markup provenance_section(const RunReport& report);

// What they are made of.

/// "simulated  Verilator 5.006, 200 images", as a tag.
Markup origin_tag(const Origin& origin);
/// The origin under a picture or a table.
Markup source_line(const Origin& origin);
/// In place of a section's content: "not run: why".
Markup not_run(const Origin& origin);
Markup section(std::string_view id, std::string_view title, const Markup& content);
Markup paragraph(std::string_view words, std::string_view css_class = {});
Markup division(std::string_view css_class, const Markup& content);
Markup span(std::string_view css_class, std::string_view words);

}  // namespace bitloom::report
