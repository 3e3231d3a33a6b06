#include <fmt/format.h>

#include <algorithm>

#include "report/format.h"
#include "report/png.h"
#include "report/sections/pieces.h"

namespace bitloom::report {
namespace {

constexpr std::size_t kMostShown = 24;

Markup answer(const RunReport& report, std::string_view who, int prediction, int label) {
  const bool right = prediction == label;
  const Markup sign = span(right ? "good" : "bad", right ? "\u2713 " : "\u2717 ");
  return element("dt", text(who)) + element("dd", sign + text(class_name(report, prediction)));
}

Markup figure(const RunReport& report, const Mistake& mistake) {
  const std::string label = class_name(report, mistake.label);
  const Markup picture = element("img", {{"src", fmt::format("data:image/png;base64,{}", base64(encode_png(mistake.image)))},
                                         {"alt", fmt::format("test image {}, labelled {}", mistake.index, label)},
                                         {"width", mistake.image.width},
                                         {"height", mistake.image.height}});
  const Markup answers = element("dt", text("label")) + element("dd", element("strong", text(label))) +
                         answer(report, "float", mistake.float_prediction, mistake.label) +
                         answer(report, "integer", mistake.int_prediction, mistake.label);
  const Markup number = span("index", fmt::format("#{}", mistake.index));
  return element("figure", {{"class", "mistake"}}, picture + element("figcaption", number + element("dl", answers)));
}

}  // namespace

Markup mistakes_section(const RunReport& report) {
  constexpr std::string_view kId = "mistakes", kTitle = "Images that are answered wrong";
  if (!report.int_accuracy) return section(kId, kTitle, not_run(report.int_accuracy.origin));
  if (report.mistakes.empty()) return section(kId, kTitle, paragraph("None was recorded."));
  std::vector<const Mistake*> shown;
  for (const Mistake& mistake : report.mistakes) shown.push_back(&mistake);
  std::stable_partition(shown.begin(), shown.end(), [](const Mistake* m) { return m->float_prediction != m->int_prediction; });
  const std::size_t recorded = shown.size();
  shown.resize(std::min(shown.size(), kMostShown));
  Markup list;
  for (const Mistake* mistake : shown) list += figure(report, *mistake);
  std::string words = "From the test set; those on which the two networks disagree come first.";
  if (recorded > kMostShown)
    words += fmt::format(" {} of {} recorded are shown.", kMostShown, grouped(static_cast<std::int64_t>(recorded)));
  return section(kId, kTitle, paragraph(words) + division("mistakes", list));
}

}  // namespace bitloom::report
