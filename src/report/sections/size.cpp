#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/format.h"
#include "report/sections/pieces.h"
#include "report/svg.h"

namespace bitloom::report {

Markup size_section(const RunReport& report) {
  constexpr std::string_view kId = "size", kTitle = "Size by precision";
  if (!report.size) return section(kId, kTitle, not_run(report.size.origin));
  const Size& size = *report.size;
  struct Row {
    std::string precision, what;
    std::int64_t bytes;
  };
  const std::vector<Row> rows{{"FP64", "8 bytes a parameter", 2 * size.float_bytes},
                              {"FP32", "as trained", size.float_bytes},
                              {"FP16", "2 bytes a parameter", size.float_bytes / 2},
                              {integer_name(report.request), "as stored: weights, biases, requantization factors", size.int_bytes}};
  const auto widest = static_cast<double>(std::max({rows[0].bytes, rows[3].bytes, std::int64_t{1}}));
  Table table("Bytes of the parameters by precision",
              {{"Precision", false, ""}, {"Bytes", true, ""}, {"Size", true, ""}, {"Against FP32", false, ""}, {"What", false, ""}});
  for (const Row& row : rows) {
    const double against = static_cast<double>(row.bytes) / static_cast<double>(std::max<std::int64_t>(1, size.float_bytes));
    table.add_row({text(row.precision), text(grouped(row.bytes)), text(human_bytes(row.bytes)),
                   division("share", bar(static_cast<double>(row.bytes) / widest, &row == &rows.back() ? "fill" : "fill other") +
                                         span("of", fmt::format("{} %", fixed(100 * against, 1)))),
                   text(row.what)},
                  &row == &rows.back() ? "chosen" : "");
  }
  const Markup words = paragraph(counted(size.parameters, "parameter") + ".");
  return section(kId, kTitle, words + table.markup() + source_line(report.size.origin));
}

}  // namespace bitloom::report
