#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace bitloom {
namespace {

/// Edits between two words: insert, delete, replace, swap of neighbours; no letter is edited twice.
/// Source: optimal string alignment; Damerau 1964, "A technique for computer detection and correction of spelling errors".
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
  std::size_t fewest = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string best;
  for (const std::string& candidate : candidates) {
    const std::size_t edits = edit_distance(word, candidate);
    if (edits >= fewest) continue;
    fewest = edits;
    best = candidate;
  }
  return best;
}

std::string suggest(std::string_view word, std::span<const std::string> candidates) {
  if (const std::string near = nearest(word, candidates); !near.empty()) return "did you mean '" + near + "'?";
  return "choose one of: " + join(candidates, ", ");
}

std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string shown(text.substr(0, kLongest));
  std::ranges::replace_if(shown, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return text.size() > kLongest ? shown + "..." : shown;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string joined;
  for (std::size_t i = 0; i < parts.size(); ++i) joined.append(i == 0 ? "" : separator).append(parts[i]);
  return joined;
}

std::string sparkline(std::span<const double> values, std::size_t cells) {
  constexpr std::array<const char*, 8> kHeights = {"\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
  std::vector<double> means;
  const std::size_t count = std::min(cells, values.size());
  for (std::size_t c = 0; c < count; ++c) {
    const auto part = values.subspan(c * values.size() / count, (c + 1) * values.size() / count - c * values.size() / count);
    double sum = 0;
    for (const double value : part) sum += value;
    means.push_back(sum / static_cast<double>(part.size()));
  }
  double least = INFINITY, greatest = -INFINITY;
  for (const double mean : means)
    if (std::isfinite(mean)) least = std::min(least, mean), greatest = std::max(greatest, mean);
  std::string line;
  for (const double mean : means) {
    const double height = greatest > least ? (mean - least) / (greatest - least) * 7 : 0;
    line += std::isfinite(mean) ? kHeights[static_cast<std::size_t>(std::lround(height))] : " ";
  }
  return line;
}

std::string human_bytes(std::int64_t bytes) {
  constexpr std::array<const char*, 5> kUnits{"KB", "MB", "GB", "TB", "PB"};
  if (std::abs(bytes) < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; std::abs(value) >= 999.95 && unit + 1 < kUnits.size(); ++unit) value /= 1000;  // 999.95 would print as 1000.0
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string human_duration(double seconds) {
  if (seconds < 9.95e-6) return fmt::format("{:.1f} us", std::max(0.0, seconds * 1e6));
  if (seconds < 0.9995e-3) return fmt::format("{:.0f} us", seconds * 1e6);
  if (seconds < 9.95e-3) return fmt::format("{:.1f} ms", seconds * 1e3);
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const std::int64_t whole = std::llround(seconds);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  const std::int64_t minutes = std::llround(seconds / 60);
  return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

}  // namespace bitloom
