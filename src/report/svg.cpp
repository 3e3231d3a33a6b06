#include "report/svg.h"

#include <algorithm>
#include <cmath>

#include "report/format.h"

namespace bitloom::report {
namespace {

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }  // of UTF-8

std::string_view anchor_name(Drawing::Anchor anchor) {
  switch (anchor) {
    case Drawing::Anchor::kStart: return "start";
    case Drawing::Anchor::kMiddle: return "middle";
    case Drawing::Anchor::kEnd: break;
  }
  return "end";
}

}  // namespace

Drawing::Drawing(double width, double height, std::string title, std::string description)
    : width_(width), height_(height), title_(std::move(title)), description_(std::move(description)) {}

void Drawing::add(std::string_view tag, std::vector<Attribute> attributes, std::string_view hover) {
  content_ += element(tag, attributes, hover.empty() ? Markup() : element("title", report::text(hover)));
}

void Drawing::rect(double x, double y, double width, double height, std::string_view css_class, std::string_view hover) {
  add("rect", {{"x", x}, {"y", y}, {"width", std::max(0.0, width)}, {"height", std::max(0.0, height)}, {"class", css_class}}, hover);
}

void Drawing::line(double x1, double y1, double x2, double y2, std::string_view css_class) {
  add("line", {{"x1", x1}, {"y1", y1}, {"x2", x2}, {"y2", y2}, {"class", css_class}}, {});
}

void Drawing::circle(double x, double y, double radius, std::string_view css_class, std::string_view hover) {
  add("circle", {{"cx", x}, {"cy", y}, {"r", radius}, {"class", css_class}}, hover);
}

void Drawing::polyline(const std::vector<std::pair<double, double>>& points, std::string_view css_class) {
  std::string list;
  for (const auto& [x, y] : points) list.append(Attribute("x", x).value).append(",").append(Attribute("y", y).value).append(" ");
  add("polyline", {{"points", list}, {"class", css_class}}, {});
}

void Drawing::text(double x, double y, std::string_view words, std::string_view css_class, Anchor anchor, double rotation) {
  std::vector<Attribute> attributes{{"x", x}, {"y", y}, {"class", css_class}, {"text-anchor", anchor_name(anchor)}};
  if (rotation != 0) {
    const std::string turn = "rotate(" + Attribute("", rotation).value + " " + Attribute("", x).value + " " + Attribute("", y).value + ")";
    attributes.emplace_back("transform", turn);
  }
  content_ += element("text", attributes, report::text(words));
}

void Drawing::span(double x1, double x2, double y, std::string_view words, double right_end) {
  line(x1, y, x2, y, "span");
  line(x1, y - 4, x1, y + 4, "span");
  line(x2, y - 4, x2, y + 4, "span");
  const double needed = text_width(words) + 8;
  if (x2 - x1 >= needed)
    text((x1 + x2) / 2, y - 6, words, "strong", Anchor::kMiddle);
  else if (x2 + needed <= right_end)
    text(x2 + 6, y + 4, words, "strong");
  else
    text(x1 - 6, y + 4, words, "strong", Anchor::kEnd);
}

Markup Drawing::markup(std::string_view css_class) const {
  const std::string box = "0 0 " + Attribute("", width_).value + " " + Attribute("", height_).value;
  return element("svg", {{"viewBox", box}, {"class", css_class}, {"role", "img"}, {"aria-label", title_}},
                 element("title", report::text(title_)) + element("desc", report::text(description_)) + content_);
}

std::vector<double> round_ticks(double low, double high, int count) {
  if (!(high > low)) high = low + 1;
  const double rough = (high - low) / std::max(1, count), power = std::pow(10, std::floor(std::log10(rough)));
  const double factor = rough / power;
  const double step = power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
  std::vector<double> ticks;
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  for (double i = first; i <= last; ++i) ticks.push_back(i * step);
  return ticks;
}

std::string tick_text(double value, double step) {
  if (step >= 1) return grouped(static_cast<std::int64_t>(std::llround(value)));
  return fixed(value, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
}

std::string shortened(const std::string& name, std::size_t most) {
  std::size_t characters = 0, end = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (!starts_character(name[i])) continue;
    if (++characters == most) end = i;
  }
  return characters <= most ? name : name.substr(0, end).append("\u2026");
}

double text_width(std::string_view words) {
  constexpr double kPerCharacter = 6.6;  // of a 12-unit sans-serif letter, on the generous side
  return kPerCharacter * static_cast<double>(std::count_if(words.begin(), words.end(), starts_character));
}

Markup bar(double share, std::string_view css_class) {
  const double width = std::isfinite(share) ? 100 * std::clamp(share, 0.0, 1.0) : 0;
  const Markup ground = element("rect", {{"width", 100}, {"height", 8}, {"class", "ground"}});
  const Markup fill = element("rect", {{"width", width}, {"height", 8}, {"class", css_class}});
  return element("svg", {{"viewBox", "0 0 100 8"}, {"preserveAspectRatio", "none"}, {"class", "bar"}, {"aria-hidden", "true"}},
                 ground + fill);
}

}  // namespace bitloom::report
