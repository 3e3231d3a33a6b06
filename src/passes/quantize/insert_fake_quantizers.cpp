#include "passes/quantize/insert_fake_quantizers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>

#include "base/error.h"
#include "ir/ops/batch_norm.h"
#include "passes/fold/fold_batch_norm.h"
#include "passes/insertion.h"
#include "passes/quantize/placement.h"
#include "passes/quantize/weight_format.h"
#include "passes/set_parameter.h"

namespace bitloom {
namespace {

/// The BatchNorm that fold_batch_norm would merge into the layer; null where there is none.
Node* norm_behind(const Node& layer) {
  Node* user = layer.single_consumer();
  return user && user->is<BatchNorm>() ? user : nullptr;
}

/// Turns the signs of the outputs whose BatchNorm has a negative gamma, so that folding it never has to: -2 has no opposite among 2 bits.
void make_gamma_positive(Graph& graph, Node* layer, Node* norm) {
  Tensor weights = layer->input(1)->constant(), gamma = norm->input(1)->constant(), mean = norm->input(3)->constant();
  Tensor bias = layer->input(2) ? layer->input(2)->constant() : Tensor(gamma.type());
  if (std::ranges::none_of(gamma.floats(), [](float g) { return g < 0; })) return;
  const std::size_t fan_in = weights.floats().size() / gamma.floats().size();
  for (std::size_t c = 0; c < gamma.floats().size(); ++c) {
    if (gamma.floats()[c] >= 0) continue;
    for (float& w : weights.floats().subspan(c * fan_in, fan_in)) w = -w;
    for (Tensor* tensor : {&bias, &gamma, &mean}) tensor->floats()[c] *= -1;
  }
  set_parameter(graph, layer, 1, "", std::move(weights));
  if (layer->input(2)) set_parameter(graph, layer, 2, "", std::move(bias));
  set_parameter(graph, norm, 1, "", std::move(gamma));
  set_parameter(graph, norm, 3, "", std::move(mean));
}

/// Folding takes both, and a quantizer would come between them.
bool has_norms_in_a_row(const Graph& graph) {
  const std::vector<Node*> norms = graph.nodes_of<BatchNorm>();
  return std::ranges::any_of(norms, [](const Node* norm) { return norm->producer(0) && norm->producer(0)->is<BatchNorm>(); });
}

/// Of the layer that is the classifier once BatchNorms are folded: its weights must go on to share one scale.
bool has_norm_behind(const Graph& graph, const Node* classifier) {
  return std::ranges::any_of(graph.nodes(), [&](const Node* node) { return classifier && node->name() == classifier->name() && norm_behind(*node); });
}

/// Inputs, and what nodes give, in order.
std::vector<const Value*> values_of(const Graph& graph) {
  std::vector<const Value*> values(graph.inputs().begin(), graph.inputs().end());
  for (const Node* node : graph.nodes()) values.insert(values.end(), node->outputs().begin(), node->outputs().end());
  return values;
}

class Insertion {
 public:
  Insertion(const Placement& placement, Graph graph, const QuantizeOptions& options, const FakeQuantizeOptions& training)
      : placement_(placement), options_(options), training_(training), graph_(std::move(graph)) {
    for (Value* input : graph_.inputs()) results_[input->name()] = input;
    for (Node* node : graph_.nodes()) {
      nodes_[node->name()] = node;
      results_[node->name()] = node->output();
    }
    for (Node* node : graph_.nodes())  // placed on the folded graph, where the layer gives what its BatchNorm gives here
      if (Node* norm = has_weights(*node) ? norm_behind(*node) : nullptr) results_[node->name()] = norm->output();
  }

  /// @param folded  the graph on which the quantizers were placed
  Graph run(const Graph& folded) {
    for (const Node* layer : folded.nodes())
      if (has_weights(*layer) && !stays_float(*layer, options_))
        quantize_weights(nodes_.at(layer->name()), weight_bits(*layer, placement_.classifier, options_), layer);
    // In the graph's order, not in that of addresses: it decides where a checkpoint keeps each scale.
    for (const Value* value : values_of(folded))
      if (const auto format = placement_.formats.find(value); format != placement_.formats.end()) quantize(*value, format->second);
    for (const NarrowInput& narrow : placement_.narrow_inputs) narrow_before_layers(narrow);
    return std::move(graph_);
  }

 private:
  Value* number(const std::string& name, Shape shape, std::vector<float> values) {
    return graph_.add_constant(name, Tensor(std::move(shape), std::move(values)));
  }

  void quantize_weights(Node* layer, int bits, const Node* placed) {
    Node* norm = norm_behind(*layer);
    FakeQuantize op;
    op.element = ElementType::integer(bits, options_.symmetric_weights);
    op.narrow = options_.symmetric_weights && (bits > 2 || (bits == 2 && training_.weights == Estimator::kDorefa));
    op.per_channel = options_.per_channel && placed != placement_.classifier;
    op.estimator = training_.weights;
    if (options_.power_of_two) op.power_of_two = factor_for(*placed);
    if (op.estimator == Estimator::kIncremental && (bits < 2 || bits > kMostIncrementalBits)) op.estimator = Estimator::kStraightThrough;
    if (op.estimator == Estimator::kIncremental) return quantize_to_powers_of_two(layer, bits, std::move(op));
    if (norm && bits == 2 && op.element.is_signed && !op.narrow) make_gamma_positive(graph_, layer, norm);
    if (op.per_channel) op.group = options_.group;
    Value* weights = layer->input(1);
    const auto values = weights->constant().floats();
    const std::size_t outputs = static_cast<std::size_t>(weights->shape()[0]), fan_in = values.size() / outputs,
                      group = op.per_channel ? std::min(outputs, static_cast<std::size_t>(op.group)) : outputs;
    const WeightFormat format{op.element, op.low(), op.high()};
    std::vector<float> scales, offsets;
    for (std::size_t first = 0; first < outputs; first += group) {
      const WeightFormat best = of_least_error(format, values.subspan(first * fan_in, std::min(group, outputs - first) * fan_in));
      scales.push_back(best.scale);
      offsets.push_back(-best.scale * static_cast<float>(best.zero_point));
    }
    const Shape shape = op.per_channel ? Shape{static_cast<std::int64_t>(scales.size())} : Shape{};
    std::vector<Value*> operands{weights, number(weights->name() + ".scale", shape, std::move(scales))};
    if (!options_.symmetric_weights) operands.push_back(number(weights->name() + ".offset", shape, std::move(offsets)));
    Node* quantizer = graph_.insert_node(layer, weights->name() + ".quantizer", op.clone(), operands);
    graph_.set_input(layer, 1, quantizer->output());
  }

  void quantize_to_powers_of_two(Node* layer, int bits, FakeQuantize op) {
    const int powers = 1 << (bits - 2);
    op.element = ElementType::integer(powers + 1, true);  // of 1 and 2 powers it takes 2 and 3 bits, of 4 5
    op.narrow = true;
    op.per_channel = false;
    Value* weights = layer->input(1);
    float largest = 0;
    for (const float w : weights->constant().floats()) largest = std::max(largest, std::abs(w));
    const float unit = op.power_of_two > 0 ? op.power_of_two : 1;
    const float scale = largest > 0 ? std::ldexp(unit, exponent_of_rounded(largest / unit) + 1 - powers) : unit;
    Value* operand = number(weights->name() + ".scale", {}, {scale});
    Node* quantizer = graph_.insert_node(layer, weights->name() + ".quantizer", op.clone(), {weights, operand});
    graph_.set_input(layer, 1, quantizer->output());
  }

  /// What makes up for the scale of pixels, so that its product with the weights' is a power of two.
  float factor_for(const Node& placed) const {
    const Value& source = source_of_format(*placed.input(0));
    if (source.producer() || !placement_.has_pixel_format) return 1;
    const std::optional<float> reciprocal = exact_reciprocal(placement_.formats.at(&source).scale);
    assert(reciprocal);  // pixel_format chooses a scale that has one
    return *reciprocal;
  }

  /// The operator of an activation's quantizer, and its scale and offset.
  std::pair<FakeQuantize, std::vector<Value*>> quantizer_of(const std::string& name, const ActivationFormat& format) {
    FakeQuantize op;
    op.element = format.element;
    op.zero_point = format.zero_point;
    op.power_of_two = options_.power_of_two ? 1 : 0;
    op.estimator = training_.activations;
    std::vector<Value*> operands{number(name + ".scale", {}, {format.scale})};
    op.observer_share = op.element.is_bipolar() ? 0 : training_.observer_share;
    // An observed zero point moves where calibration did not find, or was asked for, one at 0; a learned one where none was asked for.
    const bool is_observed_affine = op.observer_share > 0 && op.zero_point != 0;
    const bool is_learned_affine = op.estimator == Estimator::kLsqPlus && !op.element.is_bipolar() && !options_.symmetric_activations;
    if (is_learned_affine || is_observed_affine)
      operands.push_back(number(name + ".offset", {}, {-format.scale * static_cast<float>(format.zero_point)}));
    return {std::move(op), std::move(operands)};
  }

  void quantize(const Value& placed, const ActivationFormat& format) {
    Value* value = results_.at(placed.name());
    const std::string& name = placed.name();
    if (!placed.producer() && placement_.has_pixel_format) {
      Quantize op;
      op.element = format.element;
      op.quantization = format.quantization();
      Value* integers = insert_behind(graph_, value, name + ".quantize", op.clone());
      results_[name] = insert_behind(graph_, integers, name + ".dequantize", Dequantize{}.clone());
      return;
    }
    const auto [op, operands] = quantizer_of(name, format);
    results_[name] = insert_behind(graph_, value, name + ".quantizer", op.clone(), operands);
  }

  void narrow_before_layers(const NarrowInput& narrow) {
    Value* value = results_.at(narrow.value->name());
    const auto [op, operands] = quantizer_of(narrow.name(), narrow.format);
    std::vector<Value*> all{value};
    all.insert(all.end(), operands.begin(), operands.end());
    Node* first = nodes_.at(narrow.layers.front()->name());  // layers in the order of the graph
    Node* quantizer = graph_.insert_node(first, narrow.name() + ".quantizer", op.clone(), all);
    for (const Node* layer : narrow.layers) graph_.set_input(nodes_.at(layer->name()), 0, quantizer->output());
  }

  const Placement& placement_;
  const QuantizeOptions& options_;
  const FakeQuantizeOptions& training_;
  Graph graph_;
  std::map<std::string, Node*> nodes_;
  std::map<std::string, Value*> results_;  ///< of each node and input placed on: what those that read it read here
};

}  // namespace

void check_trainable(const std::string& who, const QuantizeOptions& options, const FakeQuantizeOptions& training) {
  if (training.weights != Estimator::kDorefa && training.weights != Estimator::kIncremental) return;
  const char* weights = training.weights == Estimator::kDorefa ? "weights that dorefa or pact bounds by a tanh, a channel's around 0"
                                                                : "inq's powers of two, a layer's around 0";
  constexpr const char* kFix = "train by lsq, lsq+ or straight-through, or leave that out";
  if (!options.symmetric_weights) throw InputError(who, fmt::format("symmetric_weights = false with {}", weights), kFix);
  if (options.group > 1) throw InputError(who, fmt::format("group = {} with {}", options.group, weights), kFix);
}

Graph insert_fake_quantizers(const Graph& float_graph, const CalibrationImages& images, const QuantizeOptions& options,
                             const FakeQuantizeOptions& training, Notes* notes, const RunGraph& run) {
  check_trainable(float_graph.name(), options, training);
  Graph folded = float_graph.clone();
  fold_batch_norm(folded, notes);
  QuantizeOptions from_least_error = options;
  from_least_error.calibration = Calibration::kSquaredError;
  const Placement placement = place_quantizers(folded, images, from_least_error, notes, run);
  const bool keeps_norms = options.per_channel && !options.power_of_two && !training.fold_batch_norm &&
                           !has_norm_behind(float_graph, placement.classifier) && !has_norms_in_a_row(float_graph);
  return Insertion(placement, (keeps_norms ? float_graph : folded).clone(), options, training).run(folded);
}

}  // namespace bitloom
