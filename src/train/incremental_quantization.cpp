#include "train/incremental_quantization.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "ir/ops/fake_quantize.h"

namespace bitloom::train {
namespace {

/// The kIncremental quantizer that reads the value as its x; null where there is none.
const Node* incremental_reader(const Value& value) {
  for (const Node* node : value.consumers())
    if (const auto* op = node->as<FakeQuantize>(); op && op->estimator == Estimator::kIncremental && node->input(0) == &value) return node;
  return nullptr;
}

float quantized_value(float weight, const FakeQuantize& op, float scale) { return op.power_of_two_level(weight / scale) * scale; }

}  // namespace

IncrementalQuantization::IncrementalQuantization(Parameters& parameters, std::span<const double> portions, int epochs)
    : parameters_(parameters), portions_(portions.begin(), portions.end()), epochs_(epochs) {
  for (const Parameters::Slice& slice : parameters.slices()) {
    const Node* quantizer = incremental_reader(*slice.value);
    if (!quantizer) continue;
    if (slice.role == OperandRole::kParameter) {
      layers_.push_back({quantizer, &slice});
      continue;
    }
    const auto& op = *quantizer->as<FakeQuantize>();
    const float scale = op.effective_scale(quantizer->input(1)->constant().floats()[0]);
    for (float& w : parameters.memory(slice)) w = quantized_value(w, op, scale);
  }
}

double IncrementalQuantization::portion(std::int64_t epoch) const {
  const auto count = static_cast<std::int64_t>(portions_.size());
  const std::int64_t reached = ((epoch + 1) * count + epochs_ - 1) / epochs_;  // portions, rounded up, that this share of the epochs is
  return portions_[static_cast<std::size_t>(std::min(reached, count) - 1)];
}

void IncrementalQuantization::begin_epoch(std::int64_t epoch, std::vector<float>& quantized, std::span<float> average) {
  if (!is_used()) return;
  quantized.resize(parameters_.trainable.size());
  for (const Layer& layer : layers_) {
    const std::span<float> weights = parameters_.memory(*layer.weights);
    const auto offset = static_cast<std::size_t>(layer.weights->offset);
    const std::span<float> is_quantized = std::span(quantized).subspan(offset, weights.size());
    std::vector<std::size_t> free;
    for (std::size_t i = 0; i < weights.size(); ++i)
      if (is_quantized[i] == 0) free.push_back(i);
    const auto wanted = static_cast<std::size_t>(std::llround(portion(epoch) * static_cast<double>(weights.size())));
    const std::size_t done = weights.size() - free.size();
    if (wanted <= done) continue;
    std::ranges::stable_sort(free, [&](std::size_t a, std::size_t b) { return std::abs(weights[a]) > std::abs(weights[b]); });
    free.resize(wanted - done);
    const auto& op = *layer.quantizer->as<FakeQuantize>();
    const float scale = op.effective_scale(layer.quantizer->input(1)->constant().floats()[0]);
    for (const std::size_t i : free) {
      weights[i] = quantized_value(weights[i], op, scale);
      is_quantized[i] = 1;
      if (!average.empty()) average[offset + i] = weights[i];
    }
  }
}

void clear_quantized(std::span<float> gradient, std::span<const float> quantized) {
  for (std::size_t i = 0; i < quantized.size(); ++i)
    if (quantized[i] != 0) gradient[i] = 0;
}

void step_free_weights(Optimizer& optimizer, std::span<float> weights, std::span<const float> gradient, double learning_rate,
                       std::span<const float> quantized) {
  assert(quantized.empty() || quantized.size() == weights.size());
  const std::vector<float> before(weights.begin(), quantized.empty() ? weights.begin() : weights.end());
  optimizer.step(weights, gradient, learning_rate);
  for (std::size_t i = 0; i < before.size(); ++i)
    if (quantized[i] != 0) weights[i] = before[i];
}

}  // namespace bitloom::train
