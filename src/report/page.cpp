#include "report/html.h"
#include "report/page_style.h"
#include "report/report.h"
#include "report/sections/pieces.h"

namespace bitloom::report {
namespace {

Markup head(const RunReport& report) {
  Markup content = element("meta", {{"charset", "utf-8"}});
  content += element("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", content_policy()}});
  content += element("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  content += element("title", text(report.request.recipe + " \u2013 Bitloom run report"));
  return element("head", content + element("style", Markup::own_source(style_sheet())));
}

Markup contents(const RunReport& report) {
  struct Part {
    std::string_view address, title;
    bool is_there = true;
  };
  const Part parts[] = {{"#pipeline", "Pipeline"},
                        {"#ladder", "Ladder", report.ladder.has_value()},
                        {"#bits", "Bits", report.mixed_precision.has_value()},
                        {"#layers", "Layers"},
                        {"#resources", "Resources"},
                        {"#accuracy", "Accuracy"},
                        {"#mistakes", "Mistakes"},
                        {"#size", "Size"},
                        {"#reproduce", "Reproduce"}};
  Markup links;
  for (const Part& part : parts)
    if (part.is_there) links += element("a", {{"href", part.address}}, text(part.title));
  return element("nav", {{"aria-label", "Contents"}}, links);
}

Markup explanation() {
  return element("footer",
                 text("Every figure says where it comes from: measured by running it, counted in the network, simulated with the design's "
                      "RTL, synthesized by the tools named, or estimated by a model. What was not run is said to be not run."));
}

}  // namespace

std::string render_html(const RunReport& report) {
  Markup content = headline(report) + contents(report);
  for (const auto& part : {pipeline_section, ladder_section, bits_section, layers_section, resources_section, accuracy_section, mistakes_section, size_section,
                           provenance_section})
    content += part(report);
  const Markup body = element("body", element("main", content + explanation()) + element("script", Markup::own_source(hover_script())));
  return "<!doctype html>\n" + element("html", {{"lang", "en"}}, head(report) + body).str() + "\n";
}

}  // namespace bitloom::report
