#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"
#include "report/format.h"
#include "report/sections/pieces.h"
#include "report/svg.h"

namespace bitloom::report {

namespace {

struct Row {
  std::string precision, what;
  std::int64_t bytes;
  std::optional<double> top1;
};

std::vector<Row> rows_of(const RunReport& report) {
  const Size& size = *report.size;
  const auto top1_of = [](const Sourced<Accuracy>& accuracy) { return accuracy ? std::optional(accuracy->top1) : std::nullopt; };
  std::vector<Row> rows{{"FP64", "8 bytes a parameter", 2 * size.float_bytes, report.float64_top1},
                        {"FP32", "as trained", size.float_bytes, top1_of(report.float_accuracy)},
                        {"FP16", "2 bytes a parameter", size.float_bytes / 2, report.float16_top1}};
  if (report.bfloat16_top1) rows.push_back({"BF16", "2 bytes a parameter", size.float_bytes / 2, report.bfloat16_top1});
  const std::string integer = integer_name(report.request), stored = "as stored: weights, biases, requantization factors";
  if (report.post_training_top1) rows.push_back({integer + " calibrated", "the same, before it was trained", size.int_bytes, report.post_training_top1});
  rows.push_back({report.post_training_top1 ? integer + " trained" : integer, stored, size.int_bytes, top1_of(report.int_accuracy)});
  return rows;
}

}  // namespace

Markup size_section(const RunReport& report) {
  constexpr std::string_view kId = "size", kTitle = "Size and accuracy by precision";
  if (!report.size) return section(kId, kTitle, not_run(report.size.origin));
  const Size& size = *report.size;
  const std::vector<Row> rows = rows_of(report);
  const auto widest = static_cast<double>(std::max(std::ranges::max(rows, {}, &Row::bytes).bytes, std::int64_t{1}));
  Table table("Bytes of the parameters and top-1 by precision",
              {{"Precision", false, ""}, {"Bytes", true, ""}, {"Size", true, ""}, {"Against FP32", false, ""},
               {"Top-1", true, "On the test images; FP16 and BF16: every value between operators is one of the format, sums are float32"},
               {"What", false, ""}});
  for (const Row& row : rows) {
    const double against = static_cast<double>(row.bytes) / static_cast<double>(std::max<std::int64_t>(1, size.float_bytes));
    table.add_row({text(row.precision), text(grouped(row.bytes)), text(human_bytes(row.bytes)),
                   division("share", bar(static_cast<double>(row.bytes) / widest, &row == &rows.back() ? "fill" : "fill other") +
                                         span("of", fmt::format("{} %", fixed(100 * against, 1)))),
                   row.top1 ? text(percent(*row.top1)) : span("none", "\u2013"), text(row.what)},
                  &row == &rows.back() ? "chosen" : "");
  }
  const Markup words = paragraph(counted(size.parameters, "parameter") + ".");
  return section(kId, kTitle, words + table.markup() + source_line(report.size.origin));
}

}  // namespace bitloom::report
