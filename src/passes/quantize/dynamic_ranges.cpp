#include "passes/quantize/dynamic_ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "base/error.h"
#include "ir/ops/cast.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/dynamic_quantize.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/integer_product.h"
#include "ir/ops/quantization.h"
#include "passes/quantize/placement.h"
#include "passes/quantize/quantize_weights.h"

namespace bitloom {
namespace {

void check_options(const QuantizeOptions& o) {
  const auto check = [](bool holds, const char* what, const char* fix) {
    if (!holds) throw InputError("dynamic ranges", what, fix);
  };
  const bool is_int8 = o.weight_bits == 8 && o.activation_bits == 8 &&
                       (o.first_last_bits == 0 || o.first_last_bits == 8) && (o.sum_bits == 0 || o.sum_bits == 8);
  check(is_int8, "other widths than 8 bits, the only one that ONNX quantizes to while a network runs",
        "use 8 bits, or calibrate ranges on images");
  check(!o.power_of_two, "power-of-two scales, where each image has its own scale", "calibrate ranges on images");
  check(!o.symmetric_activations && o.unsigned_activations, "signed or symmetric activations, where ONNX gives uint8 with a zero point",
        "leave that out, or calibrate ranges on images");
  check(!o.absorb_bias && !o.correct_bias && o.rounding == WeightRounding::kNearest, "a repair that looks at images, and none are given",
        "leave it out, or calibrate ranges on images");
  check(o.group >= 1 && (o.group == 1 || o.per_channel), "a group of channels without a scale for each channel",
        "use per_channel, or leave out group");
}

void check_float(const Graph& graph) {
  for (const Node* node : graph.nodes()) {
    const bool makes_integers = node->is<Quantize>() || node->is<DynamicQuantize>() || node->is<Dequantize>();
    if (makes_integers) throw InputError(node->where(), "the graph is quantized already", "start from the float graph");
  }
}

class Rewriting {
 public:
  Rewriting(Graph graph, const QuantizeOptions& options) : graph_(std::move(graph)), options_(options) {}

  Graph run(Notes* notes) {
    int rewritten = 0;
    for (Node* node : graph_.nodes()) {
      if (!has_weights(*node)) continue;
      if (!node->input(1)->is_constant() || (node->input(2) && !node->input(2)->is_constant())) {
        note(notes, node->where() + ": stays float, because its parameters are computed");
        continue;
      }
      rewrite(node);
      ++rewritten;
    }
    if (rewritten == 0) throw InputError(graph_.name(), "has no Conv2d or Gemm with constant weights to quantize", "use it as it is");
    graph_.erase_dead_nodes();
    return std::move(graph_);
  }

 private:
  void rewrite(Node* layer) {
    const auto& [q, scale, zero] = quantized(layer);
    const Tensor weights = quantize_parameters(layer->input(1)->constant(), nullptr, 1, {}, options_.per_channel, options_).weights;
    check_sum_fits(*layer, weights);
    const std::string name = layer->name();
    Value* w_zero = add_zero_points(layer->input(1)->name() + ".zero_point", weights);
    Value* sum = nullptr;
    if (const auto* conv = layer->as<Conv2d>()) {
      ConvInteger op;
      op.geometry = *conv;
      sum = insert(layer, name + ".sum", op, {q, add_integers(layer->input(1)->name(), weights), zero, w_zero});
    } else {
      sum = insert(layer, name + ".sum", MatMulInteger{}, {q, add_integers(layer->input(1)->name(), transposed(weights)), zero, w_zero});
    }
    Value* real = insert(layer, name + ".real", Cast{}, {sum});
    Value* factor = insert(layer, name + ".scale", Mul{},
                           {scale, graph_.add_constant(layer->input(1)->name() + ".scale",
                                                       along_channels(*layer, weights.type().quantization->scales))});
    Value* y = insert(layer, name + (layer->input(2) ? ".product" : ".result"), Mul{}, {real, factor});
    if (Value* bias = layer->input(2)) y = insert(layer, name + ".result", Add{}, {y, add_bias(*layer, *bias)});
    graph_.replace_all_uses(layer->output(), y);
  }

  struct Quantized {
    Value *integers, *scale, *zero_point;
  };

  const Quantized& quantized(Node* layer) {
    Value* x = layer->input(0);
    const auto [found, is_new] = quantized_.try_emplace(x);
    if (is_new) {
      const auto& outputs = graph_.insert_node(layer, x->name() + ".quantize", DynamicQuantize{}.clone(), {x})->outputs();
      found->second = {outputs[0], outputs[1], outputs[2]};
    }
    return found->second;
  }

  template <class T>
  Value* insert(Node* position, const std::string& name, const T& op, std::vector<Value*> operands) {
    return graph_.insert_node(position, name, op.clone(), std::move(operands))->output();
  }

  /// Every product with the largest distance that uint8 has from its zero point, in the worse direction.
  static void check_sum_fits(const Node& layer, const Tensor& weights) {
    const Quantization& quantization = *weights.type().quantization;
    const std::size_t outputs = static_cast<std::size_t>(weights.shape()[0]),
                      fan_in = weights.integers().size() / std::max<std::size_t>(outputs, 1);
    for (std::size_t o = 0; o < outputs; ++o) {
      std::int64_t largest = 0;
      for (const std::int64_t w : weights.integers().subspan(o * fan_in, fan_in))
        largest += 255 * std::abs(w - quantization.zero_point_of(quantization.per_channel() ? o : 0));
      if (largest > std::numeric_limits<std::int32_t>::max())
        throw InputError(layer.where(), fmt::format("its sum can reach {}, outside int32", largest), "use fewer inputs per output");
    }
  }

  Value* add_integers(const std::string& name, const Tensor& weights) {
    return graph_.add_constant(name, Tensor({weights.shape(), weights.type().element, {}},
                                            {weights.integers().begin(), weights.integers().end()}));
  }

  /// Null where all are 0.
  Value* add_zero_points(const std::string& name, const Tensor& weights) {
    const Quantization& quantization = *weights.type().quantization;
    std::vector<std::int32_t> zeros = quantization.zero_points;
    if (zeros.empty()) zeros.push_back(quantization.zero_point);
    if (zeros == std::vector<std::int32_t>{0} && weights.type().element.is_signed) return nullptr;
    const Shape shape = zeros.size() == 1 ? Shape{} : Shape{static_cast<std::int64_t>(zeros.size())};
    return graph_.add_constant(name, Tensor({shape, weights.type().element, {}}, std::move(zeros)));
  }

  static Tensor transposed(const Tensor& w) {
    const auto rows = static_cast<std::size_t>(w.shape()[0]), columns = static_cast<std::size_t>(w.shape()[1]);
    std::vector<std::int32_t> q(rows * columns);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c) q[c * rows + r] = w.integers()[r * columns + c];
    return Tensor({{w.shape()[1], w.shape()[0]}, w.type().element, {}}, std::move(q));
  }

  /// One number, or one for each channel of the layer's output: [O,1,1] of a map, [O] of a vector.
  static Tensor along_channels(const Node& layer, std::vector<float> numbers) {
    if (numbers.size() == 1) return Tensor(Shape{}, std::move(numbers));
    const auto count = static_cast<std::int64_t>(numbers.size());
    return Tensor(layer.is<Conv2d>() ? Shape{count, 1, 1} : Shape{count}, std::move(numbers));
  }

  Value* add_bias(const Node& layer, Value& bias) {
    if (!layer.is<Conv2d>()) return &bias;
    Tensor along = bias.constant();
    along.reshape({bias.shape()[0], 1, 1});
    return graph_.add_constant(bias.name(), std::move(along));
  }

  Graph graph_;
  const QuantizeOptions& options_;
  std::map<const Value*, Quantized> quantized_;
};

}  // namespace

Graph quantize_dynamically(const Graph& float_graph, const QuantizeOptions& options, Notes* notes) {
  check_options(options);
  check_float(float_graph);
  return Rewriting(float_graph.clone(), options).run(notes);
}

}  // namespace bitloom
