#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bitloom {

/// The candidate with the fewest edits (insert, delete, replace, swap of neighbours) from `word`, if close enough to be what was
/// meant (at most a third of its length, at least one edit allowed); "" otherwise.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// For the fix of an error: "did you mean 'X'?" or, when nothing is near, "choose one of: A, B, C".
std::string suggest(std::string_view word, std::span<const std::string> candidates);

/// `text` as an error may quote it: control characters become '?', and what is longer than 80 characters ends in "...".
std::string printable(std::string_view text);

std::string join(std::span<const std::string> parts, std::string_view separator);

/// `values` as a line of `cells` characters of eight heights, from the least to the greatest of them: "▁▂▅█". More values than cells are
/// averaged, fewer make a shorter line. What is not finite leaves a blank.
std::string sparkline(std::span<const double> values, std::size_t cells);

std::string human_bytes(std::int64_t bytes);      ///< "83.4 KB" (powers of 1000)
std::string human_duration(double seconds);       ///< "850 ms", "12.3 s", "4 min 05 s", "2 h 10 min"

}  // namespace bitloom
