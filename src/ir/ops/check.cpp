#include "ir/ops/check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>
#include <vector>

#include "base/error.h"

namespace bitloom::ops {
namespace {

std::string operand_name(const Node& node, int i) {
  const auto infos = node.op().operands();
  return i < static_cast<int>(infos.size()) ? std::string(infos[static_cast<std::size_t>(i)].name) : std::to_string(i);
}

void check_rank(const Node& node, int i, int rank) {
  const Shape& shape = node.input(i)->shape();
  require(rank < 0 || shape.rank() == rank, node,
          "operand '" + operand_name(node, i) + "' has " + std::to_string(shape.rank()) + " dimensions (" + to_string(shape) + "), not " +
              std::to_string(rank),
          "feed it a tensor of rank " + std::to_string(rank));
}

/// Quantization of an integer operand of a weighted sum, whose products need no more than 16 bits to be exact.
const Quantization& factor_quantization(const Node& node, int i) {
  const TensorType& type = integer_operand(node, i);
  const std::string who = "integer operand '" + operand_name(node, i) + "' ";
  require(type.element.bits <= 16, node, who + "has " + std::to_string(type.element.bits) + " bits", "use at most 16");
  require(type.quantization.has_value(), node, who + "has no quantization", "give its tensor type a scale and a zero point");
  return *type.quantization;
}

}  // namespace

void require(bool holds, const Node& node, const std::string& what, const std::string& fix) {
  if (!holds) throw InputError(node.where(), what, fix);
}

const TensorType* optional_operand(const Node& node, int i) { return node.input(i) ? &node.input(i)->type() : nullptr; }

const TensorType& operand(const Node& node, int i) {
  require(node.input(i) != nullptr, node, "operand '" + operand_name(node, i) + "' is missing", "give the node that input");
  return node.input(i)->type();
}

const TensorType& float_operand(const Node& node, int i, int rank) {
  const TensorType& type = operand(node, i);
  require(type.element.is_float, node, "operand '" + operand_name(node, i) + "' is " + to_string(type.element) + ", not float32",
          "put a Dequantize before it");
  check_rank(node, i, rank);
  return type;
}

const TensorType& integer_operand(const Node& node, int i, int rank) {
  const TensorType& type = operand(node, i);
  require(!type.element.is_float, node, "operand '" + operand_name(node, i) + "' is float32, not an integer", "put a Quantize before it");
  check_rank(node, i, rank);
  return type;
}

const TensorType& plain_operand(const Node& node, int i) {
  const TensorType& type = operand(node, i);
  require(!type.quantization, node, "operand '" + operand_name(node, i) + "' is a quantized " + to_string(type.element),
          "put a Dequantize before it");
  return type;
}

const TensorType& boolean_operand(const Node& node, int i) {
  const TensorType& type = operand(node, i);
  require(type.element == ElementType::boolean(), node, "operand '" + operand_name(node, i) + "' is " + to_string(type.element) +
              ", not true or false", "put a Cast to bool before it");
  return type;
}

bool changes_with_the_image(const Value& value) {
  std::vector<const Value*> to_visit{&value};
  std::unordered_set<const Value*> visited;
  while (!to_visit.empty()) {
    const Value* next = to_visit.back();
    to_visit.pop_back();
    if (next->is_constant() || !visited.insert(next).second) continue;
    if (!next->producer()) return true;
    for (const Value* input : next->producer()->inputs())
      if (input) to_visit.push_back(input);
  }
  return false;
}

void check_quantization(const Node& node, const Quantization& quantization, ElementType element, const Shape& shape) {
  const auto count = static_cast<std::int64_t>(quantization.scales.size());
  if (quantization.per_channel()) {
    require(quantization.axis < shape.rank(), node,
            "quantization axis " + std::to_string(quantization.axis) + " of a tensor " + to_string(shape), "choose an axis that it has");
    require(count == shape[quantization.axis], node,
            std::to_string(count) + " scales for " + std::to_string(shape[quantization.axis]) + " channels (" + to_string(shape) +
                ", axis " + std::to_string(quantization.axis) + ")",
            "give one scale per channel");
  } else {
    require(count == 1, node, std::to_string(count) + " scales for a tensor quantized as one", "give one scale or name the axis");
  }
  for (const float scale : quantization.scales)
    require(std::isfinite(scale) && scale > 0, node, "quantization scale " + std::to_string(scale), "use a positive finite scale");
  const auto& zeros = quantization.zero_points;
  require(zeros.empty() || (zeros.size() == quantization.scales.size() && quantization.zero_point == 0), node,
          std::to_string(zeros.size()) + " zero points for " + std::to_string(count) + " scales", "give one per scale");
  for (std::size_t i = 0; i < std::max<std::size_t>(zeros.size(), 1); ++i) {
    const std::int32_t zero = quantization.zero_point_of(i);
    require((zero >= element.min() && zero <= element.max()) || (element.is_bipolar() && zero == 0), node,
            "zero point " + std::to_string(zero) + " lies outside " + to_string(element),
            "choose one from " + std::to_string(element.min()) + " to " + std::to_string(element.max()));
  }
}

TensorType weighted_sum_type(const Node& node, const Shape& shape) {
  const TensorType &x = operand(node, 0), &w = operand(node, 1);
  const TensorType* bias = optional_operand(node, 2);
  if (bias)
    require(
        bias->shape == Shape{w.shape[0]}, node,
        "bias has shape " + to_string(bias->shape) + " for " + std::to_string(w.shape[0]) + " outputs (weights " + to_string(w.shape) + ")",
        "give one bias per output");
  if (x.element.is_float) {
    float_operand(node, 1);
    if (bias) float_operand(node, 2);
    return {shape, ElementType::float32(), {}};
  }

  const Quantization &qx = factor_quantization(node, 0), &qw = factor_quantization(node, 1);
  require(!qx.per_channel(), node, "operand 'x' is quantized per channel", "quantize activations per tensor");
  require(qw.axis <= 0, node, "weights are quantized along axis " + std::to_string(qw.axis), "quantize them per output channel, axis 0");
  check_quantization(node, qw, w.element, w.shape);
  Quantization sum{{}, 0, qw.per_channel() ? 1 : -1};
  for (const float scale : qw.scales) sum.scales.push_back(qx.scales.front() * scale);
  if (bias) {
    require(bias->element == ElementType::int32(), node, "bias is " + to_string(bias->element) + " beside integer weights",
            "quantize it to int32 with scale x.scale * w.scale");
    const bool same = !bias->quantization || (bias->quantization->scales == sum.scales && bias->quantization->zero_point == 0);
    require(same, node, "bias is quantized otherwise than the sum it starts (" + to_string(*bias) + ")",
            "quantize it with scale x.scale * w.scale and zero point 0");
  }
  return {shape, ElementType::int32(), std::move(sum)};
}

template <>
std::int32_t stored<std::int32_t>(std::int64_t sum, std::string_view op_name) {
  if (sum < std::numeric_limits<std::int32_t>::min() || sum > std::numeric_limits<std::int32_t>::max())
    throw InputError(op_name, "accumulator " + std::to_string(sum) + " leaves int32", "use fewer bits or fewer inputs per output");
  return static_cast<std::int32_t>(sum);
}

}  // namespace bitloom::ops
