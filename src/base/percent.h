#pragma once

namespace bitloom {

/// Whether an accuracy lies at most `allowed` points below another one, both in percent. Percentages are quotients of counts, and a difference of
/// exactly `allowed` is not to fail for how they were rounded.
constexpr bool is_within_drop(double before, double after, double allowed) {
  constexpr double kRounding = 1e-9;
  return before - after <= allowed + kRounding;
}

}  // namespace bitloom
