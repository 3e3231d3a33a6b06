#include "ir/ops/reduce.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "ir/ops/check.h"
#include "ir/ops/groups.h"

namespace bitloom {
namespace {

using Doubles = std::span<const double>;
using Integers = std::span<const std::int64_t>;

/// `step` folds the integers one by one and says whether the result left int64.
template <class Step>
std::int64_t exact(std::string_view op_name, Integers x, std::int64_t start, Step step) {
  std::int64_t result = start;
  for (const std::int64_t value : x)
    if (step(result, value, &result))
      throw InputError(op_name, "its result leaves int64", "reduce fewer or smaller integers");
  return result;
}

/// Calls use(the elements of a group as Wide, index of the group) for every group.
template <class Wide, class T, class Use>
void for_groups(std::span<const T> x, const ops::Groups& groups, Use use) {
  std::vector<Wide> group(groups.step.size());
  for (std::size_t g = 0; g < groups.first.size(); ++g) {
    for (std::size_t m = 0; m < group.size(); ++m)
      group[m] = static_cast<Wide>(x[static_cast<std::size_t>(groups.first[g] + groups.step[m])]);
    use(std::span<const Wide>(group), g);
  }
}

}  // namespace

std::span<const OperandInfo> Reduction::operands() const {
  static constexpr OperandInfo kOperands[] = {{"x"}};
  return kOperands;
}

Attributes Reduction::attributes() const {
  Attributes list{{"axes", std::vector<std::int64_t>(axes.begin(), axes.end())}};
  if (!keep_dims) list.emplace_back("keepdims", std::int64_t{0});
  return list;
}

std::vector<TensorType> Reduction::infer(const Node& node) const {
  TensorType type = ops::operand(node, 0);
  if (!integer_function()) ops::float_operand(node, 0);
  ops::check_axes(node, axes);
  ops::require(!axes.empty() || type.shape.rank() == 0, node, "has no axes to reduce", "name them all");
  if (type.quantization) {
    ops::require(selects(), node, "input is quantized, and its result would have another scale",
                 "put a Dequantize before it");
    ops::require(!type.quantization->per_channel(), node, "input is quantized per channel", "quantize it per tensor");
  }
  std::vector<std::int64_t> dims;
  for (int axis = 0; axis < type.shape.rank(); ++axis) {
    const bool reduced = std::ranges::find(axes, axis) != axes.end();
    ops::require(!reduced || type.shape[axis] > 0, node,
                 "axis " + std::to_string(axis) + " of " + to_string(type.shape) + " has no elements",
                 "reduce axes that have some");
    if (!reduced || keep_dims) dims.push_back(reduced ? 1 : type.shape[axis]);
  }
  type.shape = Shape(std::move(dims));
  return {std::move(type)};
}

void Reduction::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const ops::Groups groups = ops::groups_along(inputs[0]->shape(), axes);
  const ElementType element = inputs[0]->type().element;
  inputs[0]->visit([&](auto x) {
    using T = std::remove_const_t<typename decltype(x)::value_type>;
    const std::span<T> y = outputs[0].values<T>();
    if constexpr (std::is_floating_point_v<T>) {
      for_groups<double>(std::span<const T>(x), groups,
                         [&](Doubles group, std::size_t g) { y[g] = static_cast<T>(reduce(group)); });
    } else {
      for_groups<std::int64_t>(std::span<const T>(x), groups, [&](Integers group, std::size_t g) {
        const std::int64_t result = integer_function()(group);
        if (element.bits <= 32 && (result < element.min() || result > element.max()))
          throw InputError(name(), "result " + std::to_string(result) + " leaves " + to_string(element),
                           "cast its input to int64 first");
        y[g] = static_cast<T>(result);
      });
    }
  });
}

namespace reductions {
namespace {

double sum_of_squares(Doubles x) {
  return std::accumulate(x.begin(), x.end(), 0.0, [](double sum, double value) { return sum + value * value; });
}

/// The first NaN; else the x that `better` puts before all others.
template <class Better>
double best(Doubles x, Better better) {
  double found = x.front();
  for (const double value : x)
    if (better(value, found) || std::isnan(value)) found = value;
  return found;
}

}  // namespace

double L1::of(Doubles x) {
  return std::accumulate(x.begin(), x.end(), 0.0, [](double sum, double value) { return sum + std::abs(value); });
}
double L2::of(Doubles x) {
  return std::sqrt(sum_of_squares(x));
}
double LogSum::of(Doubles x) {
  return std::log(Sum::of(x));
}
double LogSumExp::of(Doubles x) {
  const double largest = Max::of(x);
  if (!std::isfinite(largest)) return largest;  // inf - inf would be no number
  return largest + std::log(std::accumulate(x.begin(), x.end(), 0.0,
                                            [&](double sum, double value) { return sum + std::exp(value - largest); }));
}
double Max::of(Doubles x) {
  return best(x, std::greater<>());
}
double Mean::of(Doubles x) {
  return Sum::of(x) / static_cast<double>(x.size());
}
double Min::of(Doubles x) {
  return best(x, std::less<>());
}
double Prod::of(Doubles x) {
  return std::accumulate(x.begin(), x.end(), 1.0, std::multiplies<>());
}
double Sum::of(Doubles x) {
  return std::accumulate(x.begin(), x.end(), 0.0);
}
double SumSquare::of(Doubles x) {
  return sum_of_squares(x);
}

std::int64_t Max::of(Integers x) {
  return *std::ranges::max_element(x);
}
std::int64_t Min::of(Integers x) {
  return *std::ranges::min_element(x);
}
std::int64_t Prod::of(Integers x) {
  return exact(kName, x, 1, [](std::int64_t a, std::int64_t b, std::int64_t* result) {
    return __builtin_mul_overflow(a, b, result);
  });
}
std::int64_t Sum::of(Integers x) {
  return exact(kName, x, 0, [](std::int64_t a, std::int64_t b, std::int64_t* result) {
    return __builtin_add_overflow(a, b, result);
  });
}

}  // namespace reductions
}  // namespace bitloom
