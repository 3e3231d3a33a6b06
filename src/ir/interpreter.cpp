#include "ir/interpreter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"

namespace bitloom {
namespace {

/// `type` for a batch of `n` images; constants and scalars keep their shape.
TensorType batched(TensorType type, std::int64_t n) {
  if (type.shape.rank() > 0) type.shape[0] *= n;
  return type;
}

void check_input(const Graph& graph, const Value& expected, const Tensor& given, std::int64_t n) {
  if (given.shape() == batched(expected.type(), n).shape && given.type().element == expected.type().element) return;
  throw InputError(fmt::format("{}: input '{}'", graph.name(), expected.name()),
                   fmt::format("takes {} but was given {}", to_string(expected.type()), to_string(given.type())));
}

/// Image `image` of `n` that are stacked along axis 0.
Tensor unstacked(const Tensor& stack, std::int64_t image, std::int64_t n) {
  TensorType type = stack.type();
  type.shape[0] /= n;
  Tensor one(type);
  one.visit([&](auto out) {
    using T = typename decltype(out)::value_type;
    std::ranges::copy(stack.values<T>().subspan(static_cast<std::size_t>(image) * out.size(), out.size()), out.begin());
  });
  return one;
}

/// The results of all images, each of one image's type, stacked along axis 0; a number per image becomes a list.
Tensor stacked(const std::vector<Tensor>& each) {
  TensorType type = each.front().type();
  if (type.shape.rank() == 0) type.shape = Shape{1};
  type.shape[0] *= static_cast<std::int64_t>(each.size());
  Tensor stack(type);
  stack.visit([&](auto out) {
    using T = typename decltype(out)::value_type;
    auto at = out.begin();
    for (const Tensor& one : each) at = std::ranges::copy(one.values<T>(), at).out;
  });
  return stack;
}

}  // namespace

const Node* first_node_across_images(const Graph& graph) {
  std::unordered_set<const Value*> of_images(graph.inputs().begin(), graph.inputs().end());
  for (const Node* node : graph.nodes()) {
    if (std::ranges::none_of(node->inputs(), [&](const Value* input) { return of_images.contains(input); })) continue;
    if (!node->op().stacks_images(*node)) return node;
    of_images.insert(node->outputs().begin(), node->outputs().end());
  }
  return nullptr;
}

Interpreter::Interpreter(const Graph& graph) : graph_(graph), stacks_images_(!first_node_across_images(graph)) {}

std::vector<Tensor> Interpreter::run(std::vector<Tensor> inputs, const Observer& observer) const {
  assert(inputs.size() == graph_.inputs().size());
  // A graph whose every input was given as a constant has none left.
  const bool has_batch = !inputs.empty() && inputs.front().shape().rank() > 0 && graph_.inputs().front()->shape()[0] > 0;
  const std::int64_t n = has_batch ? inputs.front().shape()[0] / graph_.inputs().front()->shape()[0] : 1;
  if (n <= 1 || stacks_images_) return run_stacked(std::move(inputs), n, observer);
  for (std::size_t i = 0; i < inputs.size(); ++i) check_input(graph_, *graph_.inputs()[i], inputs[i], n);
  std::vector<std::vector<Tensor>> results(graph_.outputs().size());
  for (std::int64_t image = 0; image < n; ++image) {
    std::vector<Tensor> one;
    for (const Tensor& input : inputs) one.push_back(unstacked(input, image, n));
    std::vector<Tensor> outputs = run_stacked(std::move(one), 1, observer);
    for (std::size_t i = 0; i < outputs.size(); ++i) results[i].push_back(std::move(outputs[i]));
  }
  std::vector<Tensor> stacks;
  for (const auto& each : results) stacks.push_back(stacked(each));
  return stacks;
}

std::vector<Tensor> Interpreter::run_stacked(std::vector<Tensor> inputs, std::int64_t n, const Observer& observer) const {
  std::unordered_map<const Value*, Tensor> computed;
  std::unordered_map<const Value*, std::size_t> reads_left;
  const auto keep = [&](const Value* value, Tensor tensor) {
    if (observer) observer(*value, tensor);
    reads_left[value] = value->consumers().size() + (graph_.is_output(value) ? 1 : 0);
    computed[value] = std::move(tensor);
  };
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    check_input(graph_, *graph_.inputs()[i], inputs[i], n);
    inputs[i].set_quantization(graph_.inputs()[i]->type().quantization);
    keep(graph_.inputs()[i], std::move(inputs[i]));
  }
  for (const Node* node : graph_.nodes()) {
    std::vector<const Tensor*> operands;
    bool batch_free = true;  // computed from constants alone (weights behind Dequantize): no batch dimension
    for (const Value* input : node->inputs()) {
      operands.push_back(!input ? nullptr : input->is_constant() ? &input->constant() : &computed.at(input));
      if (input && !input->is_constant() && operands.back()->shape() != input->shape()) batch_free = false;
    }
    std::vector<Tensor> outputs;
    for (const Value* output : node->outputs()) outputs.emplace_back(batch_free ? output->type() : batched(output->type(), n));
    node->evaluate(operands, outputs);
    for (const Value* input : node->inputs())
      if (input && !input->is_constant() && --reads_left[input] == 0) computed.erase(input);
    for (std::size_t i = 0; i < outputs.size(); ++i) keep(node->outputs()[i], std::move(outputs[i]));
  }
  std::vector<Tensor> results;
  for (const Value* output : graph_.outputs()) results.push_back(output->is_constant() ? output->constant() : computed.at(output));
  return results;
}

Tensor Interpreter::run(Tensor input) const {
  std::vector<Tensor> inputs;
  inputs.push_back(std::move(input));
  return std::move(run(std::move(inputs)).front());
}

Tensor preprocess(const Graph& graph, std::span<const std::uint8_t> pixels) {
  const TensorType& type = graph.inputs().front()->type();
  const Preprocessing& p = graph.preprocessing;
  assert(static_cast<std::int64_t>(pixels.size()) == type.shape.elements());
  Tensor tensor(TensorType{type.shape, ElementType::float32(), std::nullopt});
  const std::size_t channels = static_cast<std::size_t>(type.shape[1]), plane = pixels.size() / channels;
  for (std::size_t c = 0; c < channels; ++c) {
    const float mean = p.mean.empty() ? 0.0f : p.mean.at(c), deviation = p.std.empty() ? 1.0f : p.std.at(c);
    float of_pixel[256];
    for (int v = 0; v < 256; ++v) of_pixel[v] = (p.low + static_cast<float>(v) / 255.0f * (p.high - p.low) - mean) / deviation;
    for (std::size_t i = c * plane; i < (c + 1) * plane; ++i) tensor.floats()[i] = of_pixel[pixels[i]];
  }
  return tensor;
}

}  // namespace bitloom
