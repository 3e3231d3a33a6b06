#include "report/sections/pieces.h"

#include <algorithm>

#include "report/format.h"

namespace bitloom::report {

Markup origin_tag(const Origin& origin) {
  std::string kind(to_string(origin.kind));
  const Markup tag = span("kind", kind);
  std::replace(kind.begin(), kind.end(), ' ', '-');
  return element("span", {{"class", "origin " + kind}}, tag + text(origin.detail.empty() ? "" : " " + origin.detail));
}

Markup source_line(const Origin& origin) { return element("p", {{"class", "source"}}, origin_tag(origin)); }

Markup not_run(const Origin& origin) { return element("p", {{"class", "absent"}}, origin_tag(origin)); }

Markup section(std::string_view id, std::string_view title, const Markup& content) {
  const std::string heading_id = std::string(id) + "-title";
  return element("section", {{"id", id}, {"aria-labelledby", heading_id}}, element("h2", {{"id", heading_id}}, text(title)) + content);
}

Markup paragraph(std::string_view words, std::string_view css_class) {
  return css_class.empty() ? element("p", text(words)) : element("p", {{"class", css_class}}, text(words));
}

Markup division(std::string_view css_class, const Markup& content) { return element("div", {{"class", css_class}}, content); }

Markup span(std::string_view css_class, std::string_view words) { return element("span", {{"class", css_class}}, text(words)); }

}  // namespace bitloom::report
