#include "report/html.h"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <cmath>

namespace bitloom::report {
namespace {

/// Length of the well-formed UTF-8 character that `bytes` begins with, or 0. Source: Unicode 15, table 3-7.
std::size_t character_length(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0; };
  const auto follows = [&](std::size_t i, int low = 0x80, int high = 0xBF) { return byte(i) >= low && byte(i) <= high; };
  const int lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const int low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;  // no overlong forms, no surrogates
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const int low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7F; }

std::string escape(std::string_view plain) {
  std::string escaped;
  for (const char c : valid_utf8(plain)) {
    switch (c) {
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '&': escaped += "&amp;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

/// Elements that HTML closes by itself.
bool is_void(std::string_view tag) { return tag == "meta" || tag == "img" || tag == "br" || tag == "hr"; }

std::string number_text(double number) {
  assert(std::isfinite(number));
  std::string digits = fmt::format("{:.2f}", number);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits == "-0" ? "0" : digits;
}

}  // namespace

Markup& Markup::operator+=(const Markup& more) {
  source_ += more.source_;
  return *this;
}

Markup Markup::own_source(std::string_view source) {
  Markup markup;
  markup.source_ = source;
  return markup;
}

Attribute::Attribute(std::string_view attribute, double number) : name(attribute), value(number_text(number)) {}

std::string valid_utf8(std::string_view bytes) {
  std::string valid;
  while (!bytes.empty()) {
    const std::size_t length = character_length(bytes);
    if (length == 0)
      valid += "\xEF\xBF\xBD";
    else if (!is_control(bytes.front()))
      valid += bytes.substr(0, length);
    bytes.remove_prefix(std::max<std::size_t>(1, length));
  }
  return valid;
}

Markup text(std::string_view plain) { return Markup::own_source(escape(plain)); }

Markup element(std::string_view tag, const std::vector<Attribute>& attributes, const Markup& content) {
  std::string source = fmt::format("<{}", tag);
  for (const Attribute& attribute : attributes) source += fmt::format(" {}=\"{}\"", attribute.name, escape(attribute.value));
  source += ">";
  if (!is_void(tag)) source += fmt::format("{}</{}>", content.str(), tag);
  return Markup::own_source(source);
}

Markup element(std::string_view tag, const Markup& content) { return element(tag, {}, content); }

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string encoded;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) encoded += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return encoded;
}

Table::Table(std::string caption, std::vector<Column> columns) : caption_(std::move(caption)), columns_(std::move(columns)) {}

Markup Table::row(const std::vector<Markup>& cells, std::string_view css_class) const {
  assert(cells.size() == columns_.size());
  Markup content;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    std::vector<Attribute> attributes;
    if (i == 0) attributes.emplace_back("scope", "row");
    if (columns_[i].numeric) attributes.emplace_back("class", "number");
    content += element(i == 0 ? "th" : "td", attributes, cells[i]);
  }
  return css_class.empty() ? element("tr", content) : element("tr", {{"class", css_class}}, content);
}

void Table::add_row(std::vector<Markup> cells, std::string_view css_class) { body_ += row(cells, css_class); }

void Table::add_total(std::vector<Markup> cells) { foot_ += row(cells, {}); }

Markup Table::markup(std::string_view css_class) const {
  Markup titles;
  for (const Column& column : columns_) {
    std::vector<Attribute> attributes{{"scope", "col"}};
    if (column.numeric) attributes.emplace_back("class", "number");
    if (!column.explanation.empty()) attributes.emplace_back("title", column.explanation);
    titles += element("th", attributes, text(column.title));
  }
  Markup content = element("caption", text(caption_)) + element("thead", element("tr", titles)) + element("tbody", body_);
  if (!foot_.empty()) content += element("tfoot", foot_);
  return element("div", {{"class", "scroll"}, {"role", "region"}, {"aria-label", caption_}, {"tabindex", "0"}},
                 css_class.empty() ? element("table", content) : element("table", {{"class", css_class}}, content));
}

}  // namespace bitloom::report
