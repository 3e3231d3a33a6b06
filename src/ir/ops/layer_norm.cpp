#include "ir/ops/layer_norm.h"

#include <cmath>

#include "ir/ops/check.h"
#include "ir/ops/groups.h"

namespace bitloom {
namespace {

constexpr OperandInfo kScaled[] = {
    {"x"}, {"scale", OperandRole::kParameter}, {"bias", OperandRole::kParameter, /*optional=*/true}};
constexpr double kMeanVarianceEpsilon = 1e-9;  // ONNX fixes it

struct Moments {
  double mean = 0, variance = 0;
};

/// Of the elements first + step[...] of x; the variance by the squares of the distances from the mean, which does not
/// cancel.
Moments moments(std::span<const float> x, std::int64_t first, std::span<const std::int64_t> step) {
  Moments m;
  const auto count = static_cast<double>(step.size());
  for (const std::int64_t at : step) m.mean += x[static_cast<std::size_t>(first + at)];
  m.mean /= count;
  for (const std::int64_t at : step) m.variance += std::pow(x[static_cast<std::size_t>(first + at)] - m.mean, 2);
  m.variance /= count;
  return m;
}

void check_epsilon(const Node& node, float epsilon) {
  ops::require(std::isfinite(epsilon) && epsilon >= 0, node, "epsilon is " + std::to_string(epsilon),
               "use a small positive number");
}

void check_parameters(const Node& node, const Shape& shape) {
  for (int i = 1; i <= 2; ++i) {
    if (i == 2 && !ops::optional_operand(node, i)) continue;
    const Shape& given = ops::float_operand(node, i).shape;
    ops::require(given == shape, node,
                 std::string(kScaled[i].name) + " has shape " + to_string(given) + ", the normalized axes have " +
                     to_string(shape),
                 "make the two agree");
  }
}

std::vector<int> from(int axis, int rank) {
  std::vector<int> axes;
  for (; axis < rank; ++axis) axes.push_back(axis);
  return axes;
}

}  // namespace

std::span<const OperandInfo> LayerNorm::operands() const {
  return kScaled;
}

Attributes LayerNorm::attributes() const {
  Attributes list{{"axis", std::int64_t{axis}}, {"epsilon", double{epsilon}}};
  if (statistics) list.emplace_back("statistics", std::int64_t{1});
  return list;
}

std::vector<TensorType> LayerNorm::infer(const Node& node) const {
  const Shape& x = ops::float_operand(node, 0).shape;
  check_epsilon(node, epsilon);
  ops::require(axis >= 0 && axis < x.rank(), node, "axis " + std::to_string(axis) + " of a tensor " + to_string(x),
               "choose one that it has");
  check_parameters(node, Shape(std::vector<std::int64_t>(x.dims().begin() + axis, x.dims().end())));
  std::vector<TensorType> types{{x, ElementType::float32(), {}}};
  if (statistics) {
    Shape reduced = x;
    for (int i = axis; i < x.rank(); ++i) reduced[i] = 1;
    types.resize(3, {reduced, ElementType::float32(), {}});
  }
  return types;
}

void LayerNorm::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const ops::Groups groups = ops::groups_along(inputs[0]->shape(), from(axis, inputs[0]->shape().rank()));
  const auto x = inputs[0]->floats(), scale = inputs[1]->floats();
  const bool has_bias = inputs.size() > 2 && inputs[2];
  const auto y = outputs[0].floats();
  for (std::size_t g = 0; g < groups.first.size(); ++g) {
    const Moments m = moments(x, groups.first[g], groups.step);
    const double deviation = std::sqrt(m.variance + epsilon);
    for (std::size_t i = 0; i < groups.step.size(); ++i) {
      const auto at = static_cast<std::size_t>(groups.first[g] + groups.step[i]);
      y[at] = static_cast<float>((x[at] - m.mean) / deviation * scale[i] + (has_bias ? inputs[2]->floats()[i] : 0));
    }
    if (!statistics) continue;
    outputs[1].floats()[g] = static_cast<float>(m.mean);
    outputs[2].floats()[g] = static_cast<float>(1 / deviation);
  }
}

std::span<const OperandInfo> InstanceNorm::operands() const {
  static constexpr OperandInfo kOperands[] = {
      {"x"}, {"scale", OperandRole::kParameter}, {"bias", OperandRole::kParameter}};
  return kOperands;
}

Attributes InstanceNorm::attributes() const {
  return {{"epsilon", double{epsilon}}};
}

std::vector<TensorType> InstanceNorm::infer(const Node& node) const {
  const Shape& x = ops::float_operand(node, 0).shape;
  check_epsilon(node, epsilon);
  ops::require(x.rank() >= 3, node, "input has shape " + to_string(x), "feed it a tensor NxCx...");
  ops::operand(node, 2);
  check_parameters(node, {x[1]});
  return {{x, ElementType::float32(), {}}};
}

void InstanceNorm::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape& shape = inputs[0]->shape();
  const ops::Groups planes = ops::groups_along(shape, from(2, shape.rank()));
  const auto x = inputs[0]->floats(), scale = inputs[1]->floats(), bias = inputs[2]->floats();
  for (std::size_t plane = 0; plane < planes.first.size(); ++plane) {
    const std::size_t c = plane % static_cast<std::size_t>(shape[1]);
    const Moments m = moments(x, planes.first[plane], planes.step);
    const double deviation = std::sqrt(m.variance + epsilon);
    for (const std::int64_t step : planes.step) {
      const auto at = static_cast<std::size_t>(planes.first[plane] + step);
      outputs[0].floats()[at] = static_cast<float>((x[at] - m.mean) / deviation * scale[c] + bias[c]);
    }
  }
}

std::span<const OperandInfo> MeanVarianceNorm::operands() const {
  return std::span(kScaled).first(1);
}

Attributes MeanVarianceNorm::attributes() const {
  return {{"axes", std::vector<std::int64_t>(axes.begin(), axes.end())}};
}

std::vector<TensorType> MeanVarianceNorm::infer(const Node& node) const {
  const Shape& x = ops::float_operand(node, 0).shape;
  ops::check_axes(node, axes);
  return {{x, ElementType::float32(), {}}};
}

void MeanVarianceNorm::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const ops::Groups groups = ops::groups_along(inputs[0]->shape(), axes);
  const auto x = inputs[0]->floats();
  for (const std::int64_t first : groups.first) {
    const Moments m = moments(x, first, groups.step);
    const double deviation = std::sqrt(m.variance) + kMeanVarianceEpsilon;
    for (const std::int64_t step : groups.step) {
      const auto at = static_cast<std::size_t>(first + step);
      outputs[0].floats()[at] = static_cast<float>((x[at] - m.mean) / deviation);
    }
  }
}

}  // namespace bitloom
