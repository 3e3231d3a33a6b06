#include "passes/quantize/bipolar.h"

#include <algorithm>

#include "ir/ops/conv2d.h"
#include "ir/ops/gemm.h"
#include "ir/ops/slice.h"
#include "passes/lower/integer_form.h"

namespace bitloom {
namespace {

bool pads(const Conv2d& op) { return op.pad_top || op.pad_left || op.pad_bottom || op.pad_right; }

bool needs_no_zero(const Node& reader, Readers readers) {
  if (const auto* conv = reader.as<Conv2d>()) return !pads(*conv);
  if (reader.is<Gemm>() || readers == Readers::kLayers) return true;
  return moves_elements(reader) && !reader.is<Pad>() && can_be_bipolar(*reader.output(), readers);
}

}  // namespace

bool can_be_bipolar(const Value& value, Readers readers) {
  return std::ranges::all_of(value.consumers(), [&](const Node* reader) { return needs_no_zero(*reader, readers); });
}

int with_a_zero(const Graph& graph, const Value& value, int bits, const Histogram& histogram, Readers readers, Notes* notes) {
  if (!is_bipolar_at(bits, histogram) || can_be_bipolar(value, readers)) return bits;
  note(notes, where_of(graph, value) + ": 2 bits instead of 1, because it may be negative and what reads it needs a 0, which -1 and +1 lack");
  return 2;
}

}  // namespace bitloom
