#include "onnx/random_graph/generator.h"

#include <fmt/format.h>

#include <iterator>

#include "ir/ops/gemm.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/scan.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/softmax.h"
#include "onnx/random_graph.h"

namespace bitloom::onnx_format {

Generator::Generator(std::uint64_t seed, std::uint64_t trial, bool qonnx)
    : random_({seed, trial}), graph_(fmt::format("random {}", trial)), qonnx_(qonnx) {
  const std::int64_t channels = 1 + below(4), height = 4 + below(12), width = 4 + below(12);
  last_ = graph_.add_input("x", TensorType{Shape{1, channels, height, width}, ElementType::float32(), {}});
  graph_.preprocessing = {static_cast<float>(random_.normal()), 0.1f, {}, {}};
  for (std::int64_t c = 0; c < channels; ++c) {
    graph_.preprocessing.mean.push_back(static_cast<float>(random_.normal()));
    graph_.preprocessing.std.push_back(0.1f + static_cast<float>(random_.uniform()));
  }
  if (coin()) graph_.class_names = {"a \"quoted\" one", "zwölf", ""};
}

Graph Generator::make() {
  for (std::int64_t layers = 1 + below(9); layers > 0; --layers) add_layer();
  if (coin() && shape().elements() < 20000) add_classifier();
  if (below(8) == 0) add_one_hot();
  outputs_.insert(outputs_.begin(), last_);
  const bool integers_first = !graph_.nodes().front()->output()->type().element.is_float;  // QONNX has no integers between nodes
  if (below(4) == 0 && !(qonnx_ && integers_first)) outputs_.push_back(graph_.nodes().front()->output());
  graph_.set_outputs(outputs_);
  verify(graph_);
  return std::move(graph_);
}

std::string Generator::name() {
  static constexpr const char* kNames[] = {"conv", "block/conv.1", "q", "q.scale", "q.zero_point", "ä", "a b", ""};
  return kNames[below(std::size(kNames))];
}

Value* Generator::floats(Shape shape, double low, double high) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  for (float& value : values) value = real(low, high);
  return graph_.add_constant(name(), Tensor(std::move(shape), std::move(values)));
}

Value* Generator::indices(Shape shape, std::int64_t bound) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(shape.elements()));
  for (std::int64_t& value : values) value = below(2 * bound) - bound;
  return graph_.add_constant(name(), Tensor::int64(std::move(shape), std::move(values)));
}

Value* Generator::position(std::vector<std::int64_t> index) {
  const Shape shape{1, 1, static_cast<std::int64_t>(index.size())};
  return graph_.add_constant(name(), Tensor::int64(shape, std::move(index)));
}

Value* Generator::integers(Shape shape, ElementType element) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(shape.elements()));
  for (std::int32_t& value : values) value = static_cast<std::int32_t>(element.min() + below(element.max() - element.min() + 1));
  return graph_.add_constant(name(), Tensor(TensorType{std::move(shape), element, {}}, std::move(values)));
}

Quantization Generator::quantization(ElementType element, const Shape& shape, int axis) {
  const bool per_channel = coin() && !((qonnx_ || axis != 0) && shape[axis] == 1);  // one scale that is not of weights is read as the tensor's
  Quantization q{{}, 0, per_channel ? axis : -1};
  for (std::int64_t i = per_channel ? shape[axis] : 1; i > 0; --i) q.scales.push_back(real(0.001, 0.1));
  if (element.bits == 8) q.zero_point = static_cast<std::int32_t>(element.min() + below(256));
  if (q.scales.size() > 1 && element.bits == 8 && below(3) == 0) {  // zero points that differ from channel to channel
    q.zero_point = 0;
    for (std::size_t i = 0; i < q.scales.size(); ++i)
      q.zero_points.push_back(static_cast<std::int32_t>(element.min() + (i == 0 ? 1 : below(256))));
    q.zero_points.back() = static_cast<std::int32_t>(element.min());
  }
  return q;
}

Value* Generator::parameter(Shape shape, ElementType element) {
  if (coin()) return floats(std::move(shape));
  if (qonnx_ && element.bits == 8 && coin()) element = ElementType::integer(1 + small(16), coin());
  TensorType type{shape, element, quantization(element, shape, 0)};
  std::vector<std::int32_t> values(static_cast<std::size_t>(shape.elements()));
  for (std::int32_t& value : values) value = static_cast<std::int32_t>(element.min() + below(element.max() - element.min() + 1));
  if (element.is_bipolar())
    for (std::int32_t& value : values) value = value < 0 ? -1 : 1;
  return node(Dequantize{}, {graph_.add_constant(name(), Tensor(std::move(type), std::move(values)))});
}

Value* Generator::fitting() {
  const Shape& x = shape();
  const Shape fitting[] = {{}, {1}, {x[3]}, {x[1], 1, 1}, {1, x[1], 1, x[3]}, x};
  return floats(fitting[below(std::size(fitting))], 0.5, 2);
}

void Generator::reshape(Shape shape) {
  Reshape op;
  op.shape = std::move(shape);
  append(op);
}

/// A layer of a family, each family as likely.
void Generator::add_layer() {
  const LayerFamily families[] = {
      convolution_layers(), element_layers(),       function_layers(), indexing_layers(),
      movement_layers(),    normalization_layers(), pool_layers(),     qonnx_ ? qonnx_layers() : quantization_layers()};
  const LayerFamily family = families[below(std::size(families))];
  family[static_cast<std::size_t>(below(static_cast<std::int64_t>(family.size())))](*this);
}

void Generator::add_classifier() {
  append(Flatten{});
  const std::int64_t outputs = 1 + below(5), inputs = shape()[1];
  Value* bias = coin() ? parameter(Shape{outputs}, ElementType::int32()) : nullptr;
  append(Gemm{}, {parameter(Shape{outputs, inputs}, ElementType::int8()), bias});
  Softmax op;
  op.axis = -1;
  if (coin()) append(op);
}

/// Comes last: ONNX's shape inference does not look at the depth, so that nothing behind it would be known.
void Generator::add_one_hot() {
  OneHot op;
  op.axis = 1 + small(shape().rank());
  op.depth = 2;
  op.off = static_cast<double>(below(2));
  append(op);
}

Graph random_graph(std::uint64_t seed, std::uint64_t trial) { return Generator(seed, trial, false).make(); }

Graph random_qonnx_graph(std::uint64_t seed, std::uint64_t trial) { return Generator(seed, trial, true).make(); }

}  // namespace bitloom::onnx_format
