#include "passes/lower/thresholds.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "base/error.h"
#include "ir/ops/quantization.h"
#include "passes/lower/value_range.h"

namespace bitloom::lowering {
namespace {

/// The real that integer a stands for.
struct Real {
  float scale;
  std::int64_t zero_point;
  Cut cut;
  float operator()(std::int64_t a) const { return std::min(std::max(scale * static_cast<float>(a - zero_point), cut.low), cut.high); }
};

/// The least integer of the range that reaches `threshold`; one more than its highest if none does.
std::int64_t least_that_reaches(float threshold, const Real& real, IntegerRange range) {
  std::int64_t reaches = range.high + 1;
  for (std::int64_t from = range.low; from < reaches;) {
    const std::int64_t middle = from + (reaches - from) / 2;
    if (real(middle) >= threshold)
      reaches = middle;
    else
      from = middle + 1;
  }
  return reaches;
}

/// Rows of the result, and the axis along which they lie.
std::int64_t rows_of(const Node& node, const Value& x, std::size_t scales, int& axis) {
  const std::int64_t rows = node.input(1)->shape()[0];
  if (scales == 1) return rows;
  if (rows == 1) axis = 1;
  if (axis != 1)
    throw InputError(node.where(), fmt::format("its channels lie on axis {} and the scales of '{}' on axis 1", axis, x.name()),
                     "quantize the weights before it per tensor");
  return static_cast<std::int64_t>(scales);
}

}  // namespace

IntegerThresholds sign_threshold(const Node& quantize, const Value& sum, const Cut& cut) {
  IntegerThresholds result;
  result.op.axis = 0;
  result.op.element = ElementType::bipolar();
  result.op.quantization = quantize.as<Quantize>()->quantization;
  if (result.op.quantization.per_channel())
    throw InputError(quantize.where(), "quantizes an activation per channel", "quantize activations per tensor");
  const IntegerRange range = value_range(sum);
  std::int64_t threshold = 0;
  if (cut.low >= 0) threshold = std::min<std::int64_t>(range.low, 0);
  if (cut.high < 0)
    throw InputError(quantize.where(), "makes signs of what a Clip keeps below 0, and all are -1", "leave out the Clip, or what it follows");
  result.thresholds = Tensor(
      {{1, 1},
       narrowed(ElementType::int32(), std::min<std::int64_t>(threshold, 0), std::max<std::int64_t>(threshold, 0)),
       {}},
      {static_cast<std::int32_t>(threshold)});
  return result;
}

IntegerThresholds integer_thresholds(const Node& node, const Value& x, std::span<const float> scales, const Cut& cut) {
  IntegerThresholds result{*node.as<MultiThreshold>(), {}};
  const Tensor& reals = node.input(1)->constant();
  const std::int64_t rows = rows_of(node, x, scales.size(), result.op.axis), steps = reals.shape()[1];
  const IntegerRange range = value_range(x);
  if (range.high == std::numeric_limits<std::int32_t>::max())
    throw InputError(node.where(), fmt::format("'{}' may be as large as int32 is, and a threshold beyond it is none", x.name()),
                     "quantize to fewer bits before");
  std::vector<std::int32_t> integers;
  for (std::int64_t row = 0; row < rows; ++row) {
    const Real real{scales[scales.size() == 1 ? 0 : static_cast<std::size_t>(row)], x.type().quantization->zero_point, cut};
    for (const float t :
         reals.floats().subspan(static_cast<std::size_t>((reals.shape()[0] == 1 ? 0 : row) * steps), static_cast<std::size_t>(steps)))
      integers.push_back(static_cast<std::int32_t>(least_that_reaches(t, real, range)));
  }
  std::int64_t low = 0, high = 0;
  for (const std::int64_t t : integers) low = std::min(low, t), high = std::max(high, t);
  result.thresholds = Tensor({{rows, steps}, narrowed(ElementType::int32(), low, high), {}}, std::move(integers));
  return result;
}

}  // namespace bitloom::lowering
