#include "passes/quantize/reachable_scales.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "ir/ops/elementwise.h"
#include "passes/lower/integer_form.h"
#include "passes/quantize/quantize_weights.h"
#include "passes/quantize/weight_format.h"

namespace bitloom {
namespace {

constexpr double kOfASum = 0x1p-29;      // factors end at 2^31, and the scale of weights may still be rounded up to a power of two
constexpr double kOfAnAddend = 0x1p-19;  // over the denominator of the smaller factor, of 24 bits, the larger one must stay below 2^44

class Reach {
 public:
  Reach(const Graph& graph, const QuantizeOptions& options, Placement& placement, Notes* notes)
      : graph_(graph), options_(options), placement_(placement), notes_(notes) {}

  void execute() {
    for (const Node* node : graph_.nodes()) {
      if (has_weights(*node) && stays_float(*node, options_)) continue;
      const IntegerForm form = integer_form(*node);
      if (node->is<Add>() && form == IntegerForm::kPair) raise_operands(*node, kOfAnAddend * std::max(read(*node, 0), read(*node, 1)));
      if (form == IntegerForm::kJoin) raise_operands(*node, kOfASum * scale_of(*node->output()));
      if (form == IntegerForm::kSum || form == IntegerForm::kPair)
        raise(result_of(*node), kOfASum * step(*node), "a step of its exact sums is beyond its whole range");
    }
  }

 private:
  /// The scale behind a value; 0 where that is in float.
  double scale_of(const Value& value) const {
    const auto format = placement_.formats.find(&value);
    return format == placement_.formats.end() ? 0 : format->second.scale;
  }

  double read(const Node& node, int i) const {
    for (const NarrowInput& narrow : placement_.narrow_inputs)
      if (std::ranges::count(narrow.layers, &node)) return narrow.format.scale;
    return scale_of(source_of_format(*node.input(i)));
  }

  /// The most that an exact sum or product of the node may count in.
  double step(const Node& node) const {
    if (node.is<Mul>()) return read(node, 0) * read(node, 1);
    if (node.is<Add>()) return std::max(read(node, 0), read(node, 1));
    if (!has_weights(node)) return read(node, 0);
    const double of_bias = node.input(2) ? least_weight_scale(node.input(2)->constant().floats(), 1, {}) : 0;
    return std::max(read(node, 0) * largest_magnitude(node.input(1)->constant().floats()), of_bias);
  }

  /// The value that the node's quantized result is: its own, or that of the Relu or Clip behind it.
  static const Value& result_of(const Node& node) {
    const Node* next = node.single_consumer();
    return next && integer_form(*next) == IntegerForm::kCut ? *next->output() : *node.output();
  }

  static bool is_read_by_no_other(const Value& value, const Node& reader) {
    const Node* next = value.producer();
    while (next && next != &reader) next = next->single_consumer();
    return next;
  }

  void raise_operands(const Node& node, double least) {
    for (int i = 0; i < static_cast<int>(node.inputs().size()); ++i)
      if (const Value& value = source_of_format(*node.input(i)); is_read_by_no_other(value, node))
        raise(value, least, fmt::format("it is nothing beside what else '{}' reads", node.name()));
  }

  void raise(const Value& value, double least, const std::string& why) {
    const auto found = placement_.formats.find(&value);
    if (found == placement_.formats.end() || found->second.scale >= least || found->second.element.is_bipolar()) return;
    if (placement_.has_pixel_format && &value == graph_.inputs().front()) return;
    float& scale = found->second.scale;
    const float raised = options_.power_of_two ? round_up_to_power_of_two(static_cast<float>(least)) : static_cast<float>(least);
    note(notes_, fmt::format("{}: scale raised from {:.3g} to {:.3g}, because {}", where_of(graph_, value), scale, raised, why));
    scale = raised;
    for (NarrowInput& narrow : placement_.narrow_inputs)
      if (&source_of_format(*narrow.value) == &value) narrow.format.scale = std::max(narrow.format.scale, raised);
  }

  const Graph& graph_;
  const QuantizeOptions& options_;
  Placement& placement_;
  Notes* notes_;
};

}  // namespace

void raise_unreachable_scales(const Graph& graph, const QuantizeOptions& options, Placement& placement, Notes* notes) {
  Reach(graph, options, placement, notes).execute();
}

}  // namespace bitloom
