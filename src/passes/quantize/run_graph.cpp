#include "passes/quantize/run_graph.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <unordered_map>

#include "base/clones.h"
#include "base/error.h"
#include "ir/interpreter.h"

namespace bitloom {
namespace {

/// Exponents of ones alone: infinities and what is no number.
BITLOOM_CLONES bool all_finite(const float* values, std::size_t count) {
  constexpr std::uint32_t kExponent = 0x7f800000;
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < count; ++i) found |= (std::bit_cast<std::uint32_t>(values[i]) & kExponent) == kExponent ? 1u : 0u;
  return found == 0;
}

}  // namespace

std::optional<float> first_not_finite(std::span<const float> values) {
  if (all_finite(values.data(), values.size())) return {};
  for (const float x : values)
    if (!std::isfinite(x)) return x;
  return {};
}

std::string where_of(const Graph& graph, const Value& value) {
  return value.producer() ? value.producer()->where() : fmt::format("{}: input '{}'", graph.name(), value.name());
}

void refuse_not_finite(const std::string& where, float x, std::int64_t image) {
  throw InputError(where, fmt::format("is {} on calibration image {}", x, image), "check the network's weights and the images");
}

Graph part_that_computes(const Graph& graph, const std::vector<const Value*>& values) {
  Graph part = graph.clone();
  std::unordered_map<const Value*, Value*> copy_of;
  for (std::size_t i = 0; i < graph.inputs().size(); ++i) copy_of[graph.inputs()[i]] = part.inputs()[i];
  const std::vector<Node*> nodes = graph.nodes(), copies = part.nodes();
  for (std::size_t n = 0; n < nodes.size(); ++n)
    for (std::size_t i = 0; i < nodes[n]->outputs().size(); ++i) copy_of[nodes[n]->outputs()[i]] = copies[n]->outputs()[i];
  std::vector<Value*> outputs;
  for (const Value* value : values) outputs.push_back(copy_of.at(value));
  part.set_outputs(std::move(outputs));
  part.erase_dead_nodes();
  return part;
}

void run_on_reference(const Graph& graph, const std::vector<const Value*>& values, const CalibrationImages& images, const Observe& observe) {
  const Graph part = part_that_computes(graph, values);
  const Interpreter interpreter(part);
  std::int64_t image = 0;
  images([&](const Tensor& input) {
    const std::vector<Tensor> outputs = interpreter.run({input}, [&](const Value& value, const Tensor& tensor) {
      if (!tensor.is_float()) return;
      if (const std::optional<float> bad = first_not_finite(tensor.floats())) refuse_not_finite(where_of(part, value), *bad, image);
    });
    observe({&outputs, 1});
    ++image;
  });
}

}  // namespace bitloom
