#include "train/parameters.h"

#include <cassert>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "ir/ops/conv2d.h"
#include "ir/ops/fake_quantize.h"
#include "ir/ops/gemm.h"
#include "ir/ops/quantization.h"
#include "ir/ops/shape_ops.h"

namespace bitloom::train {
namespace {

constexpr int kWeights = 1;  // operand of Conv2d and Gemm

/// What the value's first parameter or statistic use makes of it, also behind quantizers; nothing for what is only data. A
/// frozen node's parameters are its statistics: numbers of the network that no gradient moves.
std::optional<OperandRole> role_of(const Value& value, const std::set<std::string>& frozen) {
  for (const Node* node : value.consumers()) {
    for (std::size_t i = 0; i < node->inputs().size(); ++i)
      if (node->inputs()[i] == &value && node->op().operands()[i].role != OperandRole::kData)
        return frozen.contains(node->name()) ? OperandRole::kStatistic : node->op().operands()[i].role;
    if (!node->is<Quantize>() && !node->is<Dequantize>() && !node->is<FakeQuantize>()) continue;
    if (const auto role = role_of(*node->output(), frozen)) return role;
  }
  return std::nullopt;
}

/// The value, or what a FakeQuantize that alone reads it makes of it: the same elements in the same order.
const Value& behind_fake_quantize(const Value& value) {
  const Node* user = value.consumers().size() == 1 ? value.consumers().front() : nullptr;
  return user && user->is<FakeQuantize>() && user->input(0) == &value ? *user->output() : value;
}

/// Whether nothing but `layer` reads the constant that its weights are, or are quantized from.
bool owns_weights(const Node& layer) {
  const Value* weights = layer.input(kWeights);
  const Node* quantizer = weights->producer();
  const Value* constant = quantizer && quantizer->is<FakeQuantize>() ? quantizer->input(0) : weights;
  return weights->consumers().size() == 1 && constant->is_constant() && constant->consumers().size() == 1;
}

Interleave order_of(const Value& constant) {
  const Shape& shape = constant.shape();
  const Value& weights = behind_fake_quantize(constant);
  const Node* user = weights.consumers().empty() ? nullptr : weights.consumers().front();
  if (user && user->input(kWeights) == &weights && owns_weights(*user)) {
    if (user->is<Conv2d>()) return {shape[0], shape[1], shape[2] * shape[3]};
    if (const Node* flatten = user->producer(0); user->is<Gemm>() && flatten && flattens_in_place(*flatten)) {
      const Shape& image = flatten->input(0)->shape();
      return {shape[0], image[1], image[2] * image[3]};
    }
  }
  return {1, 1, shape.elements()};
}

/// Calls use(index in the graph's order, index in memory) for every element.
template <class Use>
void for_elements(const Interleave& order, Use use) {
  for (std::int64_t o = 0; o < order.outer; ++o)
    for (std::int64_t c = 0; c < order.channels; ++c)
      for (std::int64_t i = 0; i < order.inner; ++i)
        use(static_cast<std::size_t>((o * order.channels + c) * order.inner + i),
            static_cast<std::size_t>((o * order.inner + i) * order.channels + c));
}

}  // namespace

bool flattens_in_place(const Node& node) {
  if (!node.is<Flatten>() || node.input(0)->shape().rank() != 4) return false;
  const Node* user = node.single_consumer();
  if (!user || !user->is<Gemm>() || user->input(0) != node.output()) return false;
  return owns_weights(*user);
}

Parameters::Parameters(const Graph& graph, std::set<std::string> frozen) : frozen_(std::move(frozen)) {
  for (const Value* constant : graph.constants()) {
    const std::optional<OperandRole> role = constant->consumers().empty() ? std::nullopt : role_of(*constant, frozen_);
    if (!role || !constant->constant().is_float()) continue;
    std::vector<float>& array = *role == OperandRole::kParameter ? trainable : statistics;
    const Slice& slice = slices_.emplace_back(
        Slice{constant, *role, static_cast<std::int64_t>(array.size()), constant->shape().elements(), order_of(*constant)});
    array.resize(array.size() + static_cast<std::size_t>(slice.count));
    const std::span<const float> values = constant->constant().floats();
    for_elements(slice.order, [&, start = array.data() + slice.offset](std::size_t i, std::size_t m) { start[m] = values[i]; });
  }
}

const Parameters::Slice* Parameters::find(const Value& value) const {
  for (const Slice& slice : slices_)
    if (slice.value == &value) return &slice;
  return nullptr;
}

std::span<float> Parameters::memory(const Slice& slice) {
  std::vector<float>& array = slice.role == OperandRole::kParameter ? trainable : statistics;
  return std::span(array).subspan(static_cast<std::size_t>(slice.offset), static_cast<std::size_t>(slice.count));
}

void Parameters::write_to(Graph& graph) const {
  std::unordered_map<std::string, Value*> by_name;
  for (Value* constant : graph.constants()) by_name[constant->name()] = constant;
  for (const Slice& slice : slices_) {
    Tensor tensor(TensorType{slice.value->shape(), ElementType::float32(), std::nullopt});
    const std::vector<float>& array = slice.role == OperandRole::kParameter ? trainable : statistics;
    const std::span<float> values = tensor.floats();
    for_elements(slice.order, [&, start = array.data() + slice.offset](std::size_t i, std::size_t m) { values[i] = start[m]; });
    by_name.at(slice.value->name())->set_constant(std::move(tensor));
  }
}

}  // namespace bitloom::train
