#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/text.h"
#include "report/format.h"
#include "report/sections/pieces.h"
#include "report/verdict.h"

namespace bitloom::report {
namespace {

using Outcome = Check::Outcome;

struct OutcomeLook {
  std::string_view css_class, sign, word;
};

OutcomeLook look(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPassed: return {"passed", "\u2713", "passed"};
    case Outcome::kFailed: return {"failed", "\u2717", "failed"};
    case Outcome::kNotRun: break;
  }
  return {"not-run", "\u2013", "not run"};
}

std::string capitalized(std::string line) {
  if (!line.empty()) line[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(line[0])));
  return line;
}

Markup verdict_box(const RunReport& report) {
  const Verdict result = verdict(report);
  Markup list;
  for (const Check& check : checks(report)) {
    const OutcomeLook shown = look(check.outcome);
    const Markup sign = element("span", {{"class", "sign"}, {"aria-hidden", "true"}}, text(shown.sign));
    const Markup name = element("strong", text(check.name)) + span("unseen", fmt::format(": {}. ", shown.word));
    list += element("li", {{"class", shown.css_class}}, sign + division("check", name + span("detail", check.detail)));
  }
  const Markup line = element("p", {{"class", "verdict-line"}}, text(capitalized(result.line)));
  const Markup stopped = report.stopped.empty() ? Markup() : paragraph("Stopped early. " + report.stopped, "stopped");
  return element("div",
                 {{"class", fmt::format("verdict {}", look(result.outcome).css_class)}, {"role", "group"}, {"aria-label", "Verdict"}},
                 line + stopped + element("ul", {{"class", "checks"}}, list));
}

/// One key figure.
struct Card {
  std::string title, figure, unit, note;
  Origin origin;
  bool failed = false;
};

Card absent(std::string title, const Origin& origin) { return {std::move(title), "", "", "", origin}; }

Card float_card(const RunReport& report) {
  const std::string title = "Float top-1";
  if (!report.float_accuracy) return absent(title, report.float_accuracy.origin);
  return {title, fixed(report.float_accuracy->top1, 2), "%", "on " + counted(report.float_accuracy->images, "test image"),
          report.float_accuracy.origin};
}

Card integer_card(const RunReport& report) {
  const std::string title = integer_name(report.request) + " top-1";
  if (!report.int_accuracy) return absent(title, report.int_accuracy.origin);
  Card card{title, fixed(report.int_accuracy->top1, 2), "%", "", report.int_accuracy.origin};
  if (report.float_accuracy) {
    const double drop = report.float_accuracy->top1 - report.int_accuracy->top1;
    card.note = fmt::format("{} points below float; {} allowed", fixed(drop, 2), fixed(report.request.max_drop, 2));
    card.failed = !drop_is_allowed(report);
  }
  if (report.post_training_top1) card.note += fmt::format("; {} % before it was trained", fixed(*report.post_training_top1, 2));
  return card;
}

Card size_card(const RunReport& report) {
  const std::string title = "Parameter bytes";
  if (!report.size) return absent(title, report.size.origin);
  const Size& size = *report.size;
  const double ratio = static_cast<double>(size.float_bytes) / static_cast<double>(std::max<std::int64_t>(1, size.int_bytes));
  return {title, human_bytes(size.int_bytes), "",
          fmt::format("{} in float32: {} times smaller", human_bytes(size.float_bytes), fixed(ratio, 2)), report.size.origin};
}

Card mismatch_card(const RunReport& report) {
  const std::string title = "Differing outputs";
  if (!report.verification) return absent(title, report.verification.origin);
  const Verification& run = *report.verification;
  if (!run.failure.empty()) return {title, "failed", "", run.failure, report.verification.origin, true};
  std::string note = fmt::format("of {} compared", grouped(run.outputs));
  if (run.stall > 0) note += fmt::format(", both ends stalling {} % of cycles", grouped(100 * run.stall));
  return {title, grouped(run.mismatches), "", note, report.verification.origin, run.mismatches > 0 || run.outputs == 0};
}

Card pace_card(const RunReport& report) {
  const std::string title = "Throughput";
  if (!report.verification || report.verification->cycles_per_image <= 0)
    return absent(title, report.verification ? Origin{Origin::Kind::kNotRun, "no images were timed"} : report.verification.origin);
  const std::string cycles = grouped(report.verification->cycles_per_image);
  const double rate = images_per_second(report);
  if (rate <= 0) return {title, cycles, "cycles", "for one image", report.verification.origin};
  return {title, grouped(static_cast<std::int64_t>(rate)), "images/s",
          fmt::format("{} cycles an image at {}", cycles, megahertz(report.request.clock_mhz)), report.verification.origin};
}

Card latency_card(const RunReport& report) {
  const std::string title = "Latency";
  if (!report.verification || report.verification->latency_cycles <= 0)
    return absent(title, report.verification ? Origin{Origin::Kind::kNotRun, "no images were timed"} : report.verification.origin);
  const std::int64_t cycles = report.verification->latency_cycles;
  const std::string time = duration_of(static_cast<double>(cycles), report.request);
  if (time.empty()) return {title, grouped(cycles), "cycles", "first pixel in to last output", report.verification.origin};
  return {title, time, "", fmt::format("{} cycles from first pixel to last output", grouped(cycles)), report.verification.origin};
}

/// The first kind of resource (the logic) large, the others that are used beside it.
Card area_card(const RunReport& report) {
  const bool synthesized = report.synthesis.value.has_value();
  const auto amount = [&](const Resource& resource) { return (synthesized ? resource.synthesized : resource.estimated).value_or(0); };
  const bool any = std::any_of(report.resources.begin(), report.resources.end(), [&](const Resource& r) { return amount(r) > 0; });
  if (!any) return absent("Resources", report.synthesis.origin);
  const Resource& logic = report.resources.front();
  std::vector<std::string> words{
      fmt::format("{} % of {}", grouped(std::round(100 * amount(logic) / std::max(1.0, logic.available))), grouped(logic.available))};
  bool over = amount(logic) > logic.available;
  for (std::size_t i = 1; i < report.resources.size(); ++i) {
    const Resource& resource = report.resources[i];
    over |= amount(resource) > resource.available;
    if (amount(resource) > 0)
      words.push_back(fmt::format("{} of {} {}", grouped(amount(resource)), grouped(resource.available), resource.name));
  }
  return {
      "Resources", grouped(amount(logic)), logic.name, join(words, "; "), synthesized ? report.synthesis.origin : report.estimate_origin,
      over};
}

Card clock_card(const RunReport& report) {
  const std::string title = "Highest clock";
  if (!report.synthesis) return absent(title, report.synthesis.origin);
  if (!report.synthesis->fmax_mhz) return absent(title, {Origin::Kind::kNotRun, why_no_fmax(*report.synthesis)});
  const double fmax = *report.synthesis->fmax_mhz;
  return {title, grouped(fmax), "MHz", fmt::format("{} asked for", megahertz(report.request.clock_mhz)), report.synthesis.origin,
          fmax < report.request.clock_mhz};
}

Markup card_markup(const Card& card) {
  const bool ran = card.origin.kind != Origin::Kind::kNotRun;
  Markup content = element("h3", text(card.title));
  Markup figure = ran ? text(card.figure) : text("\u2013");
  if (!card.unit.empty()) figure += span("unit", " " + card.unit);
  content += element("p", {{"class", "figure"}}, figure);
  if (card.failed) content += element("p", {{"class", "note failed"}}, text("\u2717 " + card.note));
  else if (!card.note.empty()) content += paragraph(card.note, "note");
  content += source_line(card.origin);
  return element("li", {{"class", card.failed ? "card failed" : ran ? "card" : "card absent"}}, content);
}

Markup key_figures(const RunReport& report) {
  Markup list;
  for (const auto& card : {float_card, integer_card, size_card, mismatch_card, pace_card, latency_card, area_card, clock_card})
    list += card_markup(card(report));
  return element("ul", {{"class", "cards"}, {"aria-label", "Key figures"}}, list);
}

Markup request_line(const RunReport& report) {
  const Request& request = report.request;
  const auto strong = [](std::string_view words) { return element("strong", text(words)); };
  Markup line = strong(request.network) + text(" on ") + strong(request.data) + text(", ") + strong(integer_name(request));
  if (request.target.empty())
    line += text(", no hardware asked for");
  else
    line += text(", for ") + strong(request.part.empty() ? request.target : request.part);
  if (!request.target.empty() && request.clock_mhz > 0) line += text(" at ") + strong(megahertz(request.clock_mhz));
  return element("p", {{"class", "request"}}, line + text(fmt::format(", seed {}", request.seed)));
}

}  // namespace

Markup headline(const RunReport& report) {
  const Markup eyebrow = paragraph("Bitloom run report", "eyebrow");
  const Markup title = element("h1", text(report.request.recipe));
  return element("header", eyebrow + title + request_line(report) + verdict_box(report)) + key_figures(report);
}

}  // namespace bitloom::report
