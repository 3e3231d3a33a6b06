#include "passes/quantize/repair/repair_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/progress.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/gemm.h"
#include "ir/ops/unary.h"
#include "passes/quantize/repair/adaround.h"
#include "passes/quantize/repair/channel_moments.h"
#include "passes/quantize/weight_format.h"
#include "passes/set_parameter.h"

namespace bitloom {
namespace {

/// A layer in both graphs.
struct Layer {
  const Node* wanted;
  Node* repaired;

  Value* integers(int operand) const { return repaired->producer(operand)->input(0); }
};

std::vector<Node*> layers_of(const Graph& graph) {
  std::vector<Node*> layers = graph.nodes();
  std::erase_if(layers, [](const Node* node) { return !node->is<Conv2d>() && !node->is<Gemm>(); });
  return layers;
}

/// Those that are quantized. quantize_model keeps the order of nodes and adds no layers.
std::vector<Layer> layers_of_both(const Graph& float_graph, const Graph& qdq) {
  const std::vector<Node*> wanted = layers_of(float_graph), repaired = layers_of(qdq);
  assert(wanted.size() == repaired.size());
  std::vector<Layer> layers;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (!repaired[i]->input(1)->is_constant()) layers.push_back({wanted[i], repaired[i]});
  return layers;
}

/// The Relu or Clip behind the layer becomes the ends of the function under which its output is learned.
void set_function_behind(const Node& layer, RoundingProblem& problem) {
  const Node* next = layer.single_consumer();
  if (next && next->is<Relu>()) problem.low = 0;
  if (next && next->is<Clip>()) {
    problem.low = next->as<Clip>()->low;
    problem.high = std::max(problem.low, next->as<Clip>()->high);
  }
}

std::vector<float> bias_of(const Layer& layer, std::size_t outputs) {
  std::vector<float> bias(outputs);
  if (!layer.repaired->input(2)) return bias;
  const Tensor& integers = layer.integers(2)->constant();
  const std::vector<float>& scales = integers.type().quantization->scales;
  for (std::size_t o = 0; o < outputs; ++o)
    bias[o] = static_cast<float>(integers.integers()[o] * double{scales[scales.size() == 1 ? 0 : o]});
  return bias;
}

class Repair {
 public:
  Repair(const Graph& float_graph, Graph& qdq, const CalibrationImages& images, const QuantizeOptions& options, const RunGraph& run)
      : qdq_(qdq), images_(images), options_(options), run_(run), layers_(layers_of_both(float_graph, qdq)),
        wanted_(channel_moments(float_graph, outputs(), images, run)) {}

  void execute(Notes* notes) {
    if (layers_.empty()) return;
    Progress progress("repair layers", static_cast<std::int64_t>(layers_.size()));
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      std::vector<std::string> done;
      if (options_.rounding == WeightRounding::kAdaRound) done.push_back(learn(layers_[i], i));
      if (options_.correct_bias) done.push_back(correct(layers_[i], wanted_.means(i)));
      note(notes, fmt::format("{}: {}", layers_[i].wanted->where(), fmt::join(done, "; ")));
      progress.advance();
    }
  }

 private:
  std::vector<const Value*> outputs() const {
    std::vector<const Value*> values;
    for (const Layer& layer : layers_) values.push_back(layer.wanted->output());
    return values;
  }

  std::string learn(const Layer& layer, std::size_t index) {
    if (layer.integers(1)->type().element.is_bipolar()) return "weights are signs, which have no neighbours to round to";
    const LayerRows rows = sample_rows(*layer.wanted, *layer.repaired, images_, wanted_.images(), options_.seed + index, run_);
    Tensor integers = layer.integers(1)->constant();
    RoundingProblem problem;
    problem.weights = layer.wanted->input(1)->constant().floats();
    problem.format = *integers.type().quantization;
    problem.nearest = integers.integers();
    problem.bias = bias_of(layer, rows.outputs);
    const WeightFormat ends = weight_format(integers.type().element.bits, integers.type().element.is_signed);
    problem.least = static_cast<std::int32_t>(ends.low);
    problem.most = static_cast<std::int32_t>(ends.high);
    problem.steps = options_.rounding_steps;
    set_function_behind(*layer.wanted, problem);
    const LearnedRounding learned = learn_rounding(rows, problem);
    std::ranges::copy(learned.integers, integers.integers().begin());
    layer.integers(1)->set_constant(std::move(integers));
    const RoundingFigures& f = learned.figures;
    return fmt::format("{} of {} weights not rounded to the nearest, squared error of the output {:.3g} -> {:.3g} of its power", f.changed,
                       learned.integers.size(), f.before / std::max(f.power, 1e-30), f.after / std::max(f.power, 1e-30));
  }

  std::string correct(const Layer& layer, const std::vector<double>& wanted) {
    if (!layer.repaired->input(2)) return "has no bias to correct";
    const Value* output = layer.repaired->output();
    const std::vector<double> given = channel_moments(qdq_, {output}, images_, run_).means(0);
    Tensor integers = layer.integers(2)->constant();
    const std::vector<float>& scales = integers.type().quantization->scales;
    double largest = 0, power = 0;
    for (std::size_t c = 0; c < wanted.size(); ++c) {
      constexpr double kEnd = 0x1p30;  // as where biases are quantized: half of int32 is left to the products
      const double moved = integers.integers()[c] + std::nearbyint((wanted[c] - given[c]) / scales[scales.size() == 1 ? 0 : c]);
      integers.integers()[c] = static_cast<std::int32_t>(std::clamp(moved, -kEnd, kEnd));
      largest = std::max(largest, std::fabs(wanted[c] - given[c]));
      power = std::max(power, std::fabs(wanted[c]));
    }
    layer.integers(2)->set_constant(std::move(integers));
    return fmt::format("biases corrected by up to {:.3g}, where means are up to {:.3g}", largest, power);
  }

  Graph& qdq_;
  const CalibrationImages& images_;
  const QuantizeOptions& options_;
  const RunGraph& run_;
  const std::vector<Layer> layers_;
  const ChannelMoments wanted_;  ///< of the float layers' outputs
};

}  // namespace

void repair_layers(const Graph& float_graph, Graph& qdq, const CalibrationImages& images, const QuantizeOptions& options, Notes* notes,
                   const RunGraph& run) {
  Repair(float_graph, qdq, images, options, run).execute(notes);
}

int add_zero_biases(Graph& float_graph) {
  int added = 0;
  for (Node* layer : layers_of(float_graph)) {
    if (layer->input(2)) continue;
    const std::int64_t outputs = layer->input(1)->shape()[0];
    set_parameter(float_graph, layer, 2, layer->name() + ".bias", Tensor({outputs}, std::vector<float>(static_cast<std::size_t>(outputs))));
    ++added;
  }
  return added;
}

}  // namespace bitloom
