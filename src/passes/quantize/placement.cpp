#include "passes/quantize/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/parallel.h"
#include "passes/quantize/bipolar.h"
#include "passes/quantize/check_request.h"
#include "passes/quantize/histogram.h"
#include "passes/quantize/reachable_scales.h"

namespace bitloom {
namespace {

/// What `values` are while the float graph runs on the calibration images.
Histograms observe(const Graph& graph, const std::set<const Value*>& values, const CalibrationImages& images, bool needs_counts,
                   const RunGraph& run) {
  std::vector<const Value*> observed(values.begin(), values.end());
  const std::size_t count = observed.size();
  observed.push_back(graph.outputs().front());  // so that everything is computed, and checked
  std::vector<Histogram> histograms(count, Histogram(needs_counts));
  bool is_fed = false;
  run(graph, observed, images, [&](ObservedBatch batch) {
    is_fed = true;
    parallel_for(static_cast<std::int64_t>(count), [&](std::int64_t v) {
      const auto value = static_cast<std::size_t>(v);
      for (const std::vector<Tensor>& image : batch) histograms[value].observe(image[value].floats());
    });
  });
  if (!is_fed) throw InputError(graph.name(), "no calibration images", "give at least one");
  Histograms result;
  for (std::size_t v = 0; v < count; ++v) result.emplace(observed[v], std::move(histograms[v]));
  return result;
}

/// With 2 bits for 1 where that has no 0; what is no fewer than the value has is left out.
std::vector<NarrowReaders> with_zeros(const Graph& graph, const std::vector<NarrowReaders>& groups, const std::map<const Value*, int>& behind,
                                      const Histograms& histograms, Notes* notes) {
  std::vector<NarrowReaders> result;
  for (const NarrowReaders& group : groups) {
    const int bits = with_a_zero(graph, *group.value, group.bits, histograms.at(group.value), Readers::kLayers, notes);
    if (bits >= behind.at(&source_of_format(*group.value))) continue;
    for (const Node* layer : group.layers) add_reader(result, group.value, bits, layer);
  }
  return result;
}

}  // namespace

Placement place_quantizers(const Graph& graph, const CalibrationImages& images, const QuantizeOptions& options, Notes* notes, const RunGraph& run) {
  check_request(graph, options);
  Placement placement;
  placement.classifier = find_classifier(graph);
  const WantedBits bits(graph, placement.classifier, options);
  std::map<const Value*, int> behind = bits_behind(graph, placement.classifier, bits);
  const Value* input = graph.inputs().front();
  const std::optional<ActivationFormat> pixels = behind.contains(input) ? pixel_format(graph, options) : std::nullopt;
  placement.has_pixel_format = pixels.has_value();
  if (pixels)
    behind.erase(input);
  else if (behind.contains(input))
    note(notes, where_of(graph, *input) + ": range calibrated, because preprocessing does not let raw pixels be their own quantized values");
  if (!placement.classifier) note(notes, graph.name() + ": does not end in a Conv2d or Gemm, so its output is quantized like any activation");
  auto narrow = narrow_readers(graph, behind, bits);
  std::set<const Value*> observed;
  for (const auto& [value, count] : behind) observed.insert(value);
  for (const NarrowReaders& group : narrow) observed.insert(group.value);
  const Histograms histograms = observe(graph, observed, images, needs_counts(options), run);
  std::vector<const Value*> in_order{input};  // for the notes
  for (const Node* node : graph.nodes()) in_order.push_back(node->output());
  for (const Value* value : in_order)
    if (const auto found = behind.find(value); found != behind.end())
      found->second = with_a_zero(graph, *value, found->second, histograms.at(value), Readers::kAll, notes);
  narrow = with_zeros(graph, narrow, behind, histograms, notes);

  struct Wanted {
    const Value* value;
    int bits;
    ActivationFormat format = {};
  };
  std::vector<Wanted> wanted;
  for (const auto& [value, count] : behind) wanted.push_back({value, count});
  for (const NarrowReaders& group : narrow) wanted.push_back({group.value, group.bits});
  parallel_for(static_cast<std::int64_t>(wanted.size()), [&](std::int64_t i) {
    Wanted& one = wanted[static_cast<std::size_t>(i)];
    QuantizeOptions with_bits = options;
    with_bits.activation_bits = one.bits;
    one.format = activation_format(histograms.at(one.value), with_bits);
  });
  auto found = wanted.begin();
  for (std::size_t i = 0; i < behind.size(); ++i, ++found) placement.formats[found->value] = found->format;
  for (const NarrowReaders& group : narrow) placement.narrow_inputs.push_back({group.value, group.layers, (found++)->format});
  if (pixels) placement.formats[input] = *pixels;
  raise_unreachable_scales(graph, options, placement, notes);
  return placement;
}

}  // namespace bitloom
