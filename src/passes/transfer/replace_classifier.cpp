#include "passes/transfer/replace_classifier.h"

#include <cmath>
#include <memory>

#include "base/error.h"
#include "base/random.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/reduce.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/softmax.h"
#include "ir/ops/unary.h"

namespace bitloom {
namespace {

constexpr std::uint64_t kStream = 0xC1A55;

/// Keeps each channel by itself, whatever their number.
bool keeps_channels(const Node& node) {
  return node.is<Softmax>() || node.is<Flatten>() || node.is<AveragePool2d>() || node.is<MaxPool2d>() || node.is<Relu>() || node.is<ReduceMean>();
}

Node& find_classifier(const Graph& graph) {
  Node* node = graph.outputs().size() == 1 ? graph.outputs().front()->producer() : nullptr;
  while (node && keeps_channels(*node)) node = node->producer(0);
  if (!node) throw InputError(graph.name(), "has no last layer with weights", "give a network that ends in a Conv or Gemm");
  const auto* conv = node->as<Conv2d>();
  if (!node->is<Gemm>() && !(conv && conv->groups == 1))
    throw InputError(node->where(), "stands between the classifier and the output", "cut the network behind its last Conv or Gemm");
  return *node;
}

/// Of one reader only, so that nothing else changes.
void require_own_constant(const Node& node, const Value& value) {
  if (!value.is_constant() || !value.type().element.is_float)
    throw InputError(node.where(), "its weights are computed", "start from the float network; quantize after training");
  if (value.consumers().size() > 1) throw InputError(node.where(), "shares its weights with another layer", "give it weights of its own");
}

Tensor random_weights(Shape shape, std::uint64_t seed) {
  const double bound = std::sqrt(3.0 * static_cast<double>(shape[0]) / static_cast<double>(shape.elements()));
  RandomStream random({seed, kStream});
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  for (float& value : values) value = static_cast<float>(random.uniform(-bound, bound));
  return Tensor(std::move(shape), std::move(values));
}

}  // namespace

const Node& replace_classifier(Graph& graph, std::int64_t classes, std::uint64_t seed) {
  Node& node = find_classifier(graph);
  Value *weights = node.input(1), *bias = node.input(2);
  require_own_constant(node, *weights);
  Shape shape = weights->shape();
  shape[0] = classes;
  weights->set_constant(random_weights(std::move(shape), seed));
  if (bias) {
    require_own_constant(node, *bias);
    bias->set_constant(Tensor(Shape{classes}, std::vector<float>(static_cast<std::size_t>(classes))));
  }
  graph.infer_types();
  graph.class_names.clear();
  return node;
}

}  // namespace bitloom
