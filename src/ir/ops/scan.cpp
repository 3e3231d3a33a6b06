#include "ir/ops/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "ir/ops/check.h"

namespace bitloom {
namespace {

constexpr double kExact = 0x1p53;  // below it a double is every whole number
constexpr OperandInfo kUnary[] = {{"x"}};

/// Elements before and behind an axis: a tensor seen as [outer, length, inner].
struct Lines {
  std::size_t outer = 1, length = 1, inner = 1;
  Lines(const Shape& shape, int axis) {
    for (int a = 0; a < shape.rank(); ++a) (a < axis ? outer : a == axis ? length : inner) *= static_cast<std::size_t>(shape[a]);
  }
};

}  // namespace

std::span<const OperandInfo> CumSum::operands() const { return kUnary; }
Attributes CumSum::attributes() const {
  return {{"axis", std::int64_t{axis}}, {"exclusive", std::int64_t{exclusive}}, {"reverse", std::int64_t{reverse}}};
}

std::vector<TensorType> CumSum::infer(const Node& node) const {
  const TensorType& x = ops::operand(node, 0);
  ops::require(axis >= 0 && axis < x.shape.rank(), node, fmt::format("axis {} of {}", axis, to_string(x.shape)),
               "choose an axis that it has");
  ops::require(x.element.is_float || x.element.bits >= 32, node, fmt::format("sums {}", to_string(x.element)),
               "sum floats, int32 or int64");
  return {{x.shape, x.element, {}}};
}

void CumSum::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Lines lines(inputs[0]->shape(), axis);
  outputs[0].visit([&](auto to) {
    using T = typename decltype(to)::value_type;
    using Sum = std::conditional_t<std::is_same_v<T, float>, double, std::uint64_t>;  // integers wrap around, as they do elsewhere
    const auto from = inputs[0]->values<T>();
    for (std::size_t o = 0; o < lines.outer; ++o)
      for (std::size_t i = 0; i < lines.inner; ++i) {
        Sum sum{};
        for (std::size_t k = 0; k < lines.length; ++k) {
          const std::size_t at = (o * lines.length + (reverse ? lines.length - 1 - k : k)) * lines.inner + i;
          if (exclusive) to[at] = static_cast<T>(sum);
          sum += static_cast<Sum>(from[at]);
          if (!exclusive) to[at] = static_cast<T>(sum);
        }
      }
  });
}

std::span<const OperandInfo> OneHot::operands() const { return kUnary; }
Attributes OneHot::attributes() const {
  return {{"axis", std::int64_t{axis}}, {"depth", depth}, {"off", off}, {"on", on}, {"element", to_string(element)}};
}

std::vector<TensorType> OneHot::infer(const Node& node) const {
  const Shape& x = ops::operand(node, 0).shape;
  ops::require(axis >= 0 && axis <= x.rank(), node, fmt::format("axis {} beside {}", axis, to_string(x)), "choose one of its places");
  ops::require(depth >= 1 && depth <= (std::int64_t{1} << 31), node, fmt::format("depth {}", depth), "choose at least 1");
  for (const double value : {off, on})
    ops::require(element.is_float || std::abs(value) < kExact, node, fmt::format("a value {}", value), "choose whole numbers below 2^53 in size");
  std::vector<std::int64_t> dims = x.dims();
  dims.insert(dims.begin() + axis, depth);
  return {{Shape(std::move(dims)), element, {}}};
}

void OneHot::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Lines lines(outputs[0].shape(), axis);
  outputs[0].visit([&](auto to) {
    using T = typename decltype(to)::value_type;
    std::ranges::fill(to, static_cast<T>(off));
    inputs[0]->visit([&](auto from) {
      for (std::size_t o = 0; o < lines.outer; ++o)
        for (std::size_t i = 0; i < lines.inner; ++i) {
          const double index = std::trunc(static_cast<double>(from[o * lines.inner + i]));  // floats name what they would be as integers
          const double position = index < 0 ? index + static_cast<double>(depth) : index;
          if (position >= 0 && position < static_cast<double>(depth))
            to[(o * lines.length + static_cast<std::size_t>(position)) * lines.inner + i] = static_cast<T>(on);
        }
    });
  });
}

}  // namespace bitloom
