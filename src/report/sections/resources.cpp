#include <fmt/format.h>

#include <cmath>

#include "report/format.h"
#include "report/sections/pieces.h"
#include "report/svg.h"

namespace bitloom::report {
namespace {

bool is_over(const Resource& resource) {
  return resource.synthesized.value_or(resource.estimated.value_or(0)) > resource.available;
}

Markup figure(const std::optional<double>& amount) { return amount ? text(grouped(*amount)) : span("none", "\u2013"); }

Markup share(const Resource& resource) {
  const std::optional<double> used = resource.synthesized ? resource.synthesized : resource.estimated;
  if (!used || resource.available <= 0) return span("none", "\u2013");
  Markup words = text(fmt::format("{} %", grouped(std::round(100 * *used / resource.available))));
  if (is_over(resource)) words += span("over", fmt::format(" \u2717 {} too many", grouped(*used - resource.available)));
  return words;
}

/// The estimate above what synthesis found, both against what the part has.
Markup bars(const Resource& resource) {
  Markup pair;
  const double available = resource.available > 0 ? resource.available : 1;
  if (resource.estimated) pair += bar(*resource.estimated / available, "fill estimated");
  if (resource.synthesized) pair += bar(*resource.synthesized / available, is_over(resource) ? "fill over" : "fill");
  return division("bars", pair);
}

Markup fit_words(const RunReport& report) {
  bool any_over = false;
  for (const Resource& resource : report.resources) any_over |= is_over(resource);
  const std::string part = report.request.part.empty() ? report.request.target : report.request.part;
  const bool known = report.synthesis.value.has_value();
  if (any_over) return paragraph(fmt::format("\u2717 {} on {}.", known ? "Does not fit" : "Would not fit by the estimate", part), "failed");
  if (known) return paragraph(fmt::format("Fits on {}.", part));
  return paragraph(fmt::format("Fits on {} by the estimate; synthesis was not run.", part));
}

}  // namespace

Markup resources_section(const RunReport& report) {
  constexpr std::string_view kId = "resources", kTitle = "Resources of the part";
  bool any = false;
  for (const Resource& resource : report.resources) any |= resource.estimated || resource.synthesized;
  if (!any) return section(kId, kTitle, not_run(report.synthesis.origin));
  Table table("Resources used and available", {{"Resource", false, ""},
                                               {"Estimated", true, ""},
                                               {"Synthesized", true, ""},
                                               {"Available", true, ""},
                                               {"Used", true, ""},
                                               {"Estimated above, synthesized below", false, ""}});
  for (const Resource& resource : report.resources)
    table.add_row({text(resource.name), figure(resource.estimated), figure(resource.synthesized), text(grouped(resource.available)),
                   share(resource), bars(resource)},
                  is_over(resource) ? "over" : "");
  Markup content = fit_words(report) + table.markup();
  content += element("p", {{"class", "source"}}, origin_tag(report.estimate_origin) + text(" ") + origin_tag(report.synthesis.origin));
  if (report.synthesis && !report.synthesis->bitstream.empty())
    content += element("p", {{"class", "caption"}}, text("Bitstream: ") + element("code", text(report.synthesis->bitstream)));
  return section(kId, kTitle, content);
}

}  // namespace bitloom::report
