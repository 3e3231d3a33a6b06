#include "passes/quantize/settle.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/fake_quantize.h"
#include "passes/fold/fold_batch_norm.h"
#include "passes/insertion.h"
#include "passes/quantize/placement.h"
#include "passes/quantize/quantize_weights.h"

namespace bitloom {
namespace {

const Tensor* offset_of(const Node& fake) { return fake.input(2) ? &fake.input(2)->constant() : nullptr; }

Quantize quantizer_of(const Node& fake) { return fake.as<FakeQuantize>()->quantizer(fake.input(1)->constant(), offset_of(fake)); }

/// Whether a scale that has to grow is doubled: so that it, or its integers, stay powers of two.
bool keeps_octaves(const FakeQuantize& op) { return op.power_of_two > 0 || op.estimator == Estimator::kIncremental; }

/// The scale of the integers that a layer reads, through what only moves them.
float scale_behind(const Node& layer, const Value& value) {
  const Node* node = value.producer();
  if (!node) throw InputError(layer.where(), "reads '" + value.name() + "', which is not quantized", "settle a graph with its quantizers");
  if (node->is<FakeQuantize>()) return quantizer_of(*node).quantization.scales.front();
  if (node->is<Dequantize>()) return node->input(0)->type().quantization->scales.front();
  return scale_behind(layer, *node->input(node->input(0)->is_constant() ? 1 : 0));
}

/// The scale to which the layer's sums are narrowed, behind its BatchNorm, Relu or Clip; nothing for a classifier.
std::optional<float> scale_after(const Node& layer) {
  for (const Node* node = layer.single_consumer(); node; node = node->single_consumer()) {
    if (node->is<FakeQuantize>()) return quantizer_of(*node).quantization.scales.front();
    if (node->outputs().size() != 1 || has_weights(*node)) break;
  }
  return {};
}

/// What a layer's sum of each output is multiplied by and what is added, its BatchNorm included.
ChannelAffine affine_behind(const Node& layer, const Node* norm) {
  const auto outputs = static_cast<std::size_t>(layer.input(1)->shape()[0]);
  ChannelAffine affine = norm ? affine_of(*norm) : ChannelAffine{std::vector<double>(outputs, 1), std::vector<double>(outputs)};
  if (layer.input(2))
    for (std::size_t o = 0; o < outputs; ++o) affine.shift[o] += layer.input(2)->constant().floats()[o] * affine.scale[o];
  return affine;
}

class Settling {
 public:
  Settling(Graph graph, Notes* notes) : graph_(std::move(graph)), notes_(notes) {}

  Graph run() {
    for (Node* node : graph_.nodes())
      if (has_weights(*node) && node->producer(1) && node->producer(1)->is<FakeQuantize>()) settle_layer(node);
    for (Node* node : graph_.nodes_of<FakeQuantize>())
      if (!node->output()->consumers().empty() || graph_.is_output(node->output())) settle_activation(node);
    graph_.erase_dead_nodes();
    fold_batch_norm(graph_, notes_);  // of layers that stay in float
    return std::move(graph_);
  }

 private:
  void settle_layer(Node* layer) {
    Node* norm = layer->single_consumer();
    if (norm && !norm->is<BatchNorm>()) norm = nullptr;
    const Node& fake = *layer->producer(1);
    const ChannelAffine affine = affine_behind(*layer, norm);
    const bool has_bias = layer->input(2) || norm;
    const std::vector<float> bias(affine.shift.begin(), affine.shift.end());
    Tensor weights = fake.as<FakeQuantize>()->integers(fake.input(0)->constant(), fake.input(1)->constant(), offset_of(fake));
    const float x_scale = scale_behind(*layer, *layer->input(0));
    fold_into_scales(*layer, affine, weights, norm || fake.as<FakeQuantize>()->per_channel);
    keep_above_least(weights, bias, x_scale, scale_after(*layer), keeps_octaves(*fake.as<FakeQuantize>()));
    if (has_bias) set_constant(layer, 2, layer->name() + ".bias", integer_bias(bias, x_scale, *weights.type().quantization));
    set_constant(layer, 1, fake.input(0)->name(), std::move(weights));
    if (norm) graph_.replace_all_uses(norm->output(), layer->output());
  }

  /// scale[c] *= |factor[c]|, and the signs of the reals are those of their products with it: signed integers change theirs, others are counted
  /// from the other end, and so is their zero point.
  void fold_into_scales(const Node& layer, const ChannelAffine& affine, Tensor& weights, bool per_channel) {
    Quantization quantization = *weights.type().quantization;
    if (!per_channel) return;
    const std::size_t outputs = affine.scale.size(), fan_in = weights.integers().size() / outputs;
    const Quantization before = quantization;
    quantization.scales.clear();
    quantization.axis = 0;
    const bool is_signed = weights.type().element.is_signed;
    std::vector<std::int32_t> zeros;
    const auto least = static_cast<std::int32_t>(weights.type().element.min()), most = static_cast<std::int32_t>(weights.type().element.max());
    bool is_cut = false;
    for (std::size_t o = 0; o < outputs; ++o) {
      const double factor = affine.scale[o];
      const std::size_t group = before.per_channel() ? o : 0;
      const std::int32_t zero = before.zero_point_of(group), turned_zero = is_signed ? -zero : most - zero;
      quantization.scales.push_back(static_cast<float>(before.scales[group] * std::abs(factor)));
      zeros.push_back(factor < 0 ? turned_zero : zero);
      if (factor > 0 || (factor == 0 && weights.type().element.is_bipolar())) continue;  // a sign stays one, times a scale of all but 0
      for (std::int32_t& q : weights.integers().subspan(o * fan_in, fan_in)) {
        const std::int32_t turned = factor < 0 ? turned_zero - (q - zero) : zero;
        is_cut |= turned > most;
        q = std::clamp(turned, least, most);
      }
    }
    if (is_cut) note(notes_, layer.where() + ": training made a gamma of its BatchNorm negative; weights of the smallest integer lose a step");
    quantization.set_zero_points(std::move(zeros));
    weights.set_quantization(std::move(quantization));
  }

  void keep_above_least(Tensor& weights, const std::vector<float>& bias, float x_scale, std::optional<float> y_scale, bool in_octaves) {
    Quantization quantization = *weights.type().quantization;
    const std::size_t groups = quantization.scales.size(), group = weights.integers().size() / groups, outputs = bias.size() / groups;
    for (std::size_t g = 0; g < groups; ++g) {
      const double least = least_weight_scale(std::span(bias).subspan(g * outputs, outputs), x_scale, y_scale);
      float& scale = quantization.scales[g];
      const double before = scale;
      if (before >= least && before > 0) continue;
      if (in_octaves && before > 0)
        while (scale < least) scale *= 2;
      else
        scale = least > 0 ? std::nextafter(static_cast<float>(least), INFINITY) : 1;
      if (weights.type().element.is_bipolar()) continue;
      const std::int32_t zero = quantization.zero_point_of(g);
      for (std::int32_t& q : weights.integers().subspan(g * group, group))
        q = zero + static_cast<std::int32_t>(std::nearbyint((q - zero) * before / scale));
    }
    weights.set_quantization(std::move(quantization));
  }

  void set_constant(Node* layer, int index, const std::string& name, Tensor integers) {
    Value* constant = graph_.add_constant(name, std::move(integers));
    Node* real = graph_.insert_node(layer, name + ".dequantize", Dequantize{}.clone(), {constant});
    graph_.set_input(layer, index, real->output());
  }

  void settle_activation(Node* fake) {
    const std::string name = fake->input(0)->name();
    Node* integers = graph_.insert_node(fake, name + ".quantize", quantizer_of(*fake).clone(), {fake->input(0)});
    Node* reals = graph_.insert_node(fake, name + ".dequantize", Dequantize{}.clone(), {integers->output()});
    graph_.replace_all_uses(fake->output(), reals->output());
  }

  Graph graph_;
  Notes* notes_;
};

}  // namespace

Graph settle(const Graph& trained, Notes* notes) { return Settling(trained.clone(), notes).run(); }

}  // namespace bitloom
