#pragma once

#include "ir/graph.h"

namespace bitloom {

/// The integers that a value can take, whatever the image: a bound, not always reached.
struct IntegerRange {
  std::int64_t low = 0, high = 0;
  bool operator==(const IntegerRange&) const = default;
};

/// Bound of a value of an integer graph, from the clamps, tables and constant weights before it.
IntegerRange value_range(const Value& value);

}  // namespace bitloom
