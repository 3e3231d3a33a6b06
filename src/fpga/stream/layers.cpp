#include "fpga/stream/layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/multi_threshold.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/shape_ops.h"
#include "passes/lower/value_range.h"

namespace bitloom::fpga {
namespace {

constexpr int kTableBits = 8;  // the widest input of a lookup table: 256 entries

[[noreturn]] void refuse(const Node& node, std::string_view why, std::string_view nearest) { throw InputError(node.where(), why, nearest); }

MapShape map_of(const Value& value) {
  const Shape& shape = value.shape();
  if (shape.rank() == 4 && shape[0] == 1) return {shape[1], shape[2], shape[3]};
  if (shape.rank() == 2 && shape[0] == 1) return {shape[1], 1, 1};
  throw InputError(fmt::format("tensor '{}'", value.name()),
                   fmt::format("is {}; a stream carries one map 1xCxHxW or one vector 1xC at a time", to_string(shape)),
                   "give the graph N = 1 and rank 4 or 2");
}

/// The narrowest two's complement that holds every sum that the actual weights allow. Partial sums may leave it; modulo 2^bits they come
/// back, because the last one is inside.
ElementRange accumulator_range(const Value& sum) {
  const IntegerRange range = value_range(sum);
  return signed_range(range.low, range.high);
}

bool has_zero_points(const Value& value) {
  const auto& quantization = value.type().quantization;
  return quantization && (quantization->zero_point != 0 || !quantization->zero_points.empty());
}

std::int64_t zero_point_of(const Value& value) { return value.type().quantization ? value.type().quantization->zero_point : 0; }

class LayerReader {
 public:
  explicit LayerReader(const Graph& graph) : graph_(graph) {}

  std::vector<Layer> read() {
    if (graph_.inputs().size() != 1 || graph_.outputs().size() != 1)
      throw InputError(graph_.name(), fmt::format("has {} inputs and {} outputs", graph_.inputs().size(), graph_.outputs().size()),
                       "a stream design takes one of each");
    refuse_float_layers();
    const Value* value = graph_.inputs().front();
    const ElementType element = value->type().element;
    if (element.is_float) throw InputError(graph_.name(), "its input is float32", "quantize and lower the network first");
    if (element.is_bipolar())
      throw InputError(graph_.name(), "its input is bipolar, and a stream's elements are two's complement",
                       "quantize it to 2 bits");
    range_ = {element.bits, element.is_signed, element.min(), element.max()};
    map_ = map_of(*value);
    while (const Node* node = next(*value)) {
      read_node(*node);
      value = node->output();
    }
    if (layers_.empty()) throw InputError(graph_.name(), "has no layer to build", "give it a Conv2d or Gemm");
    if (accumulator_relu_) refuse_accumulator_relu(*accumulator_relu_);
    return std::move(layers_);
  }

 private:
  /// Of a network that is quantized in part.
  void refuse_float_layers() const {
    if (graph_.nodes_of<Quantize>().empty() && graph_.nodes_of<Dequantize>().empty()) return;
    for (const Node* node : graph_.nodes())
      if (node->macs() > 0 && node->output()->type().element.is_float)
        refuse(*node, "stays in float, and hardware computes with integers", "quantize every layer (no float in quantize.layers or a ladder)");
  }

  /// The one node that reads `value`, or null at the graph's output.
  const Node* next(const Value& value) const {
    const auto& readers = value.consumers();
    if (graph_.is_output(&value) && readers.empty()) return nullptr;
    if (readers.size() == 1 && !graph_.is_output(&value)) return readers.front();
    std::string names;
    for (const Node* reader : readers) names += fmt::format("{}'{}'", names.empty() ? "" : " and ", reader->name());
    const std::string where = value.producer() ? value.producer()->where() : graph_.name();
    throw InputError(where, fmt::format("'{}' is read by {}{}, and a stream pipeline does not branch", value.name(), names,
                                        graph_.is_output(&value) ? " and is an output" : ""),
                     "use a network without branches, or run this one with --backend cpu");
  }

  void read_node(const Node& node) {
    if (node.output()->type().element.is_bipolar())
      refuse(node, "gives bipolar elements, and a stream's are two's complement",
             "quantize to 2 bits, or behind a Relu, where one bit is 0 or 1");
    if (accumulator_relu_ && !node.is<Requantize>()) refuse_accumulator_relu(*accumulator_relu_);
    if (const auto* conv = node.as<Conv2d>()) return read_conv(node, *conv);
    if (node.is<Gemm>()) return read_gemm(node);
    if (const auto* requantize = node.as<Requantize>()) return read_requantize(node, *requantize);
    if (const auto* pool = node.as<MaxPool2d>()) return read_pool(node, pool->window, /*sum=*/false);
    if (const auto* pool = node.as<SumPool2d>()) return read_pool(node, pool->window, /*sum=*/true);
    if (node.is<Relu>()) return read_relu(node);
    if (const auto* table = node.as<LookupTable>()) return read_table(node, table->table);
    if (node.is<Flatten>()) return;  // the order of the stream does not change; the next Gemm's weights are permuted
    if (node.is<MultiThreshold>())
      refuse(node, "compares with thresholds of its own, and the stream back end narrows by scales",
             "quantize by a scale there (QONNX Quant)");
    if (node.is<Add>()) refuse(node, "adds two tensors, and a stream pipeline does not branch", "remove the skip connection");
    refuse(node, "has no unit in the stream back end",
           "it builds Conv2d, Gemm, Requantize, MaxPool2d, SumPool2d, LookupTable, Relu and Flatten of a lowered integer graph");
  }

  Layer new_layer(const Node& node) const {
    Layer layer;
    layer.node = node.name();
    layer.op = node.op().name();
    layer.identifier = unique_identifier(node.name());
    layer.input_map = layer.output_map = map_;
    layer.input = range_;
    layer.macs = node.macs();
    return layer;
  }

  std::string unique_identifier(std::string_view name) const {
    std::string wanted(name);
    std::replace_if(wanted.begin(), wanted.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
    if (wanted.empty() || std::isdigit(static_cast<unsigned char>(wanted.front()))) wanted = fmt::format("n{}", wanted);
    const auto taken = [&](const std::string& candidate) {
      return std::any_of(layers_.begin(), layers_.end(), [&](const Layer& layer) { return layer.identifier == candidate; });
    };
    std::string identifier = wanted;
    for (int i = 2; taken(identifier); ++i) identifier = fmt::format("{}_{}", wanted, i);
    return identifier;
  }

  void push(Layer layer) {
    range_ = layer.output;
    map_ = layer.output_map;
    layers_.push_back(std::move(layer));
  }

  const Tensor& constant(const Node& node, int operand) const {
    const Value* value = node.input(operand);
    if (!value->is_constant())
      refuse(node, fmt::format("operand '{}' is computed by the network", value->name()), "weights must be constants");
    return value->constant();
  }

  std::vector<std::int64_t> biases(const Node& node, std::int64_t outputs) const {
    if (!node.input(2)) return std::vector<std::int64_t>(static_cast<std::size_t>(outputs), 0);
    const auto given = constant(node, 2).integers();
    return {given.begin(), given.end()};
  }

  /// Fills what Conv2d and Gemm share, once `layer.work` holds the weights in stream order.
  void finish_weighted_sum(const Node& node, Layer layer, WeightedSum sum) {
    const Tensor& weights = constant(node, 1);
    if (has_zero_points(*node.input(1))) refuse(node, "its weights have zero points", "quantize with symmetric_weights");
    const std::int64_t zero_point = zero_point_of(*node.input(0));
    const ElementType element = weights.type().element;
    sum.weight_bits = element.bits + (element.is_signed && !element.is_bipolar() ? 0 : 1);  // the block's weights are two's complement
    sum.biases = biases(node, sum.outputs);
    for (std::int64_t o = 0; o < sum.outputs; ++o) {
      const auto* row = sum.weights.data() + o * sum.inputs;
      for (std::int64_t i = 0; i < sum.inputs; ++i) sum.biases[static_cast<std::size_t>(o)] -= zero_point * row[i];
    }
    layer.output = accumulator_range(*node.output());
    layer.work = std::move(sum);
    push(std::move(layer));
  }

  void read_conv(const Node& node, const Conv2d& conv) {
    if (conv.groups != 1)
      refuse(node, fmt::format("has {} groups; a matrix_vector unit reads every channel of its window", conv.groups), "use groups = 1");
    if (conv.dilation_h != 1 || conv.dilation_w != 1)
      refuse(node, fmt::format("has dilation {}x{}; the window unit reads neighbours only", conv.dilation_h, conv.dilation_w),
             "use dilation 1, with a larger kernel or stride where the reach is needed");
    Layer layer = new_layer(node);
    const Shape& shape = constant(node, 1).shape();
    const auto kh = static_cast<int>(shape[2]), kw = static_cast<int>(shape[3]);
    if (std::max(conv.pad_top, conv.pad_bottom) >= kh || std::max(conv.pad_left, conv.pad_right) >= kw)
      refuse(node, fmt::format("pads [{}, {}, {}, {}] reach the size of its kernel {}x{}", conv.pad_top, conv.pad_left, conv.pad_bottom,
                               conv.pad_right, kh, kw),
             "use pads below the kernel size");
    layer.window = {kh, kw, conv.stride_h, conv.stride_w, conv.pad_top, conv.pad_left, conv.pad_bottom, conv.pad_right,
                    zero_point_of(*node.input(0))};
    layer.output_map = map_of(*node.output());
    WeightedSum sum;
    sum.outputs = shape[0];
    sum.inputs = shape[1] * shape[2] * shape[3];
    const View4<const std::int32_t> w = view4<std::int32_t>(constant(node, 1));
    for (std::int64_t o = 0; o < w.n; ++o)
      for (std::int64_t u = 0; u < w.h; ++u)
        for (std::int64_t v = 0; v < w.w; ++v)
          for (std::int64_t c = 0; c < w.c; ++c) sum.weights.push_back(w(o, c, u, v));
    finish_weighted_sum(node, std::move(layer), std::move(sum));
  }

  /// The graph flattens CHW, the stream brings HWC: element (h, w, c) of the stream meets weight column (c * H + h) * W + w.
  void read_gemm(const Node& node) {
    Layer layer = new_layer(node);
    const MapShape map = map_;
    const auto weights = constant(node, 1).integers();
    WeightedSum sum;
    sum.outputs = constant(node, 1).shape()[0];
    sum.inputs = map.elements();
    layer.output_map = {sum.outputs, 1, 1};
    for (std::int64_t o = 0; o < sum.outputs; ++o)
      for (std::int64_t h = 0; h < map.height; ++h)
        for (std::int64_t w = 0; w < map.width; ++w)
          for (std::int64_t c = 0; c < map.channels; ++c)
            sum.weights.push_back(weights[static_cast<std::size_t>(o * sum.inputs + (c * map.height + h) * map.width + w)]);
    finish_weighted_sum(node, std::move(layer), std::move(sum));
  }

  void read_requantize(const Node& node, const Requantize& op) {
    const std::int64_t low = accumulator_relu_ ? std::max<std::int64_t>(op.low, op.quantization.zero_point) : op.low;
    accumulator_relu_ = nullptr;
    if (!range_.is_signed) return read_table_of(node, op, low);
    if (op.factors.size() > 1 && static_cast<std::int64_t>(op.factors.size()) != map_.channels)
      refuse(node, fmt::format("has {} factors for a stream of {} channels", op.factors.size(), map_.channels), "requantize before Flatten");
    Layer layer = new_layer(node);
    layer.output = {op.element.bits, op.element.is_signed, low, op.high};
    layer.work = Narrowing{op.factors, op.rounding, op.quantization.zero_point};
    push(std::move(layer));
  }

  /// A Requantize of unsigned elements (one activation scale to another) is a function of few bits: a table.
  void read_table_of(const Node& node, const Requantize& op, std::int64_t low) {
    if (op.factors.size() != 1 || range_.bits > kTableBits)
      refuse(node, fmt::format("requantizes {} unsigned bits {}", range_.bits, op.factors.size() > 1 ? "per channel" : ""),
             fmt::format("requantize accumulators, or at most {} bits per tensor", kTableBits));
    std::vector<std::int32_t> entries;
    for (std::int64_t x = 0; x < std::int64_t{1} << range_.bits; ++x) {
      const std::int64_t y = op.quantization.zero_point + multiply_shift_round(x, op.factors[0].multiplier, op.factors[0].shift, op.rounding);
      entries.push_back(static_cast<std::int32_t>(std::clamp<std::int64_t>(y, low, op.high)));
    }
    read_table(node, std::move(entries));
  }

  void read_pool(const Node& node, const PoolWindow& w, bool sum) {
    if (w.is_dilated())
      refuse(node, fmt::format("has dilation {}x{}; the window unit reads neighbours only", w.dilation_h, w.dilation_w), "use dilation 1");
    Layer layer = new_layer(node);
    const ElementRange x = layer.input;
    const std::int64_t type_low = x.is_signed ? -(std::int64_t{1} << (x.bits - 1)) : 0;
    const std::int64_t zero_point = zero_point_of(*node.input(0));
    // Padding must not count: for a maximum it is the smallest value there is, for a sum of (x - zero_point) the zero point.
    layer.window = {w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.pad_top, w.pad_left, w.pad_bottom, w.pad_right,
                    sum ? zero_point : type_low};
    const std::int64_t positions = layer.window.positions();
    layer.output_map = map_of(*node.output());
    layer.output = x;
    if (sum) layer.output = accumulator_range(*node.output());
    layer.work = Pooling{sum, sum ? zero_point * positions : 0};
    push(std::move(layer));
  }

  void read_relu(const Node& node) {
    const std::int64_t zero_point = zero_point_of(*node.input(0));
    Layer* before = layers_.empty() ? nullptr : &layers_.back();
    if (before && std::holds_alternative<Narrowing>(before->work)) {
      before->output.low = std::max(before->output.low, zero_point);
      before->output.high = std::max(before->output.high, zero_point);
      range_ = before->output;
      return;
    }
    if (range_.bits > kTableBits) {
      // round(0) is 0 and rounding keeps order, so max(acc, 0) before a Requantize equals raising its lower clamp to the zero point.
      accumulator_relu_ = &node;
      return;
    }
    const std::int64_t least = range_.is_signed ? -(std::int64_t{1} << (range_.bits - 1)) : 0;
    std::vector<std::int32_t> entries;
    for (std::int64_t x = least; x < least + (std::int64_t{1} << range_.bits); ++x)
      entries.push_back(static_cast<std::int32_t>(std::max(x, zero_point)));
    read_table(node, std::move(entries));
  }

  [[noreturn]] static void refuse_accumulator_relu(const Node& node) {
    refuse(node, "works on accumulators that no Requantize follows", "put a Requantize behind it, or leave it out at the output");
  }

  void read_table(const Node& node, std::vector<std::int32_t> entries) {
    Layer layer = new_layer(node);
    const ElementType element = node.output()->type().element;
    const std::int64_t least = range_.is_signed ? -(std::int64_t{1} << (range_.bits - 1)) : 0;
    if (range_.bits > kTableBits || static_cast<std::int64_t>(entries.size()) != std::int64_t{1} << range_.bits)
      refuse(node, fmt::format("a table of {} entries for {} bits", entries.size(), range_.bits), fmt::format("use at most {} bits", kTableBits));
    const auto [low, high] = std::minmax_element(entries.begin() + (range_.low - least), entries.begin() + (range_.high - least) + 1);
    layer.output = {element.bits, element.is_signed, *low, *high};
    layer.work = Table{std::move(entries)};
    push(std::move(layer));
  }

  const Graph& graph_;
  std::vector<Layer> layers_;
  MapShape map_;                             // of the stream behind the last layer; Flatten leaves it as it is
  ElementRange range_;                       // of its elements
  const Node* accumulator_relu_ = nullptr;   // a Relu on accumulators that waits for its Requantize
};

}  // namespace

ElementRange signed_range(std::int64_t low, std::int64_t high) {
  int bits = 2;
  while (low < -(std::int64_t{1} << (bits - 1)) || high > (std::int64_t{1} << (bits - 1)) - 1) ++bits;
  return {bits, true, low, high};
}

std::vector<Layer> layers_of(const Graph& integer_graph) { return LayerReader(integer_graph).read(); }

}  // namespace bitloom::fpga
