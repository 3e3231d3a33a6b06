#include "ir/ops/selection.h"

#include <algorithm>
#include <numeric>

#include "ir/ops/check.h"
#include "ir/ops/groups.h"

namespace bitloom {
namespace {

constexpr OperandInfo kUnary[] = {{"x"}};

/// Whether a comes before b where NaN counts as larger than every number.
template <class T>
bool is_larger(T a, T b) {
  return a > b || (a != a && b == b);
}

}  // namespace

std::span<const OperandInfo> ArgSelection::operands() const {
  return kUnary;
}

Attributes ArgSelection::attributes() const {
  Attributes list{{"axis", std::int64_t{axis}}};
  if (!keep_dims) list.emplace_back("keepdims", std::int64_t{0});
  if (select_last) list.emplace_back("select_last", std::int64_t{1});
  return list;
}

std::vector<TensorType> ArgSelection::infer(const Node& node) const {
  const int axes[] = {axis};
  ops::check_axes(node, axes);
  std::vector<std::int64_t> dims = node.input(0)->shape().dims();
  const auto at = dims.begin() + axis;
  ops::require(*at > 0, node,
               "axis " + std::to_string(axis) + " of " + to_string(node.input(0)->shape()) + " has no elements",
               "search an axis that has some");
  *at = 1;
  if (!keep_dims) dims.erase(at);
  return {{Shape(std::move(dims)), ElementType::int64(), {}}};
}

void ArgSelection::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const int axes[] = {axis};
  const ops::Groups lines = ops::groups_along(inputs[0]->shape(), axes);
  inputs[0]->visit([&](auto x) {
    for (std::size_t line = 0; line < lines.first.size(); ++line) {
      const auto at = [&](std::size_t i) { return x[static_cast<std::size_t>(lines.first[line] + lines.step[i])]; };
      const auto better = [&](std::size_t a, std::size_t b) {
        if (at(a) != at(a)) return at(b) == at(b);
        return wants_largest() ? at(a) > at(b) : at(a) < at(b);
      };
      std::size_t best = 0;
      for (std::size_t i = 1; i < lines.step.size(); ++i)
        if (better(i, best) || (select_last && !better(best, i))) best = i;
      outputs[0].indices()[line] = static_cast<std::int64_t>(best);
    }
  });
}

std::span<const OperandInfo> TopK::operands() const {
  return kUnary;
}

Attributes TopK::attributes() const {
  Attributes list{{"k", k}, {"axis", std::int64_t{axis}}};
  if (!largest) list.emplace_back("largest", std::int64_t{0});
  return list;
}

std::vector<TensorType> TopK::infer(const Node& node) const {
  TensorType type = ops::operand(node, 0);
  const int axes[] = {axis};
  ops::check_axes(node, axes);
  ops::require(!type.quantization || !type.quantization->per_channel(), node, "input is quantized per channel",
               "quantize it per tensor");
  ops::require(k >= 0 && k <= type.shape[axis], node,
               "k = " + std::to_string(k) + " of " + std::to_string(type.shape[axis]) + " elements (axis " +
                   std::to_string(axis) + " of " + to_string(type.shape) + ")",
               "ask for no more than there are");
  type.shape[axis] = k;
  const Shape shape = type.shape;
  return {std::move(type), {shape, ElementType::int64(), {}}};
}

void TopK::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const int axes[] = {axis};
  const ops::Groups lines = ops::groups_along(inputs[0]->shape(), axes),
                    places = ops::groups_along(outputs[0].shape(), axes);
  inputs[0]->visit([&](auto x) {
    using T = std::remove_const_t<typename decltype(x)::value_type>;
    const std::span<T> values = outputs[0].values<T>();
    std::vector<std::size_t> positions(lines.step.size());
    for (std::size_t line = 0; line < lines.first.size(); ++line) {
      const auto at = [&](std::size_t i) { return x[static_cast<std::size_t>(lines.first[line] + lines.step[i])]; };
      const auto before = [&](std::size_t a, std::size_t b) {
        if (is_larger(at(a), at(b))) return largest;
        if (is_larger(at(b), at(a))) return !largest;
        return a < b;
      };
      std::iota(positions.begin(), positions.end(), std::size_t{0});
      std::ranges::partial_sort(positions, positions.begin() + static_cast<std::ptrdiff_t>(k), before);
      for (std::size_t i = 0; i < places.step.size(); ++i) {
        const auto place = static_cast<std::size_t>(places.first[line] + places.step[i]);
        values[place] = at(positions[i]);
        outputs[1].indices()[place] = static_cast<std::int64_t>(positions[i]);
      }
    }
  });
}

}  // namespace bitloom
