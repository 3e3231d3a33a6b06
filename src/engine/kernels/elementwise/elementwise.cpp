// Of each element by itself. All but BatchNorm give the reference's bits, floats too: one operation in float32 rounds as the same in
// double, rounded to float32 after it, does (Figueroa 1995, "When is double rounding innocuous?").
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "engine/kernels/all_kernels.h"
#include "base/clones.h"
#include "engine/kernels/loop_kernel.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/binary.h"
#include "ir/ops/quantization.h"
#include "ir/ops/unary.h"

namespace bitloom::engine {
namespace {

std::size_t elements_of(const Node& node) { return static_cast<std::size_t>(node.output()->shape().elements()); }

BITLOOM_CLONES void add(const float* a, const float* b, std::size_t count, float* y) {
  for (std::size_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
}
BITLOOM_CLONES void multiply(const float* a, const float* b, std::size_t count, float* y) {
  for (std::size_t i = 0; i < count; ++i) y[i] = a[i] * b[i];
}
BITLOOM_CLONES void scale_and_shift(const float* x, std::size_t count, float scale, float shift, float* y) {
  for (std::size_t i = 0; i < count; ++i) y[i] = x[i] * scale + shift;
}
/// NaN, of which every comparison is false, stays.
BITLOOM_CLONES void clamp(const float* x, std::size_t count, float low, float high, float* y) {
  for (std::size_t i = 0; i < count; ++i) {
    const float raised = x[i] < low ? low : x[i];
    y[i] = raised > high ? high : raised;
  }
}
BITLOOM_CLONES void raise(const std::int32_t* x, std::size_t count, std::int32_t low, std::int32_t* y) {
  for (std::size_t i = 0; i < count; ++i) y[i] = std::max(x[i], low);
}
void look_up(const std::int32_t* x, std::size_t count, const std::int32_t* table_of_zero, std::int32_t* y) {
  for (std::size_t i = 0; i < count; ++i) y[i] = table_of_zero[x[i]];
}
BITLOOM_CLONES void dequantize(const std::int32_t* q, std::size_t count, float scale, std::int32_t zero_point, float* x) {
  for (std::size_t i = 0; i < count; ++i) x[i] = scale * static_cast<float>(q[i] - zero_point);
}

/// What leaves float32's 24 bits after the zero point is added is far outside a type of 16 bits. Adding and taking away 1.5 * 2^23 rounds
/// half to even what is below 2^22.
BITLOOM_CLONES bool quantize(const float* x, std::size_t count, float scale, float zero_point, float low, float high, std::int32_t* q) {
  constexpr float kRound = 0x1.8p23f, kFar = 0x1p20f;
  bool is_number = true;
  for (std::size_t i = 0; i < count; ++i) {
    const float quotient = x[i] / scale;
    is_number &= quotient == quotient;
    const float near = std::min(std::max(quotient, -kFar), kFar);
    q[i] = static_cast<std::int32_t>(std::min(std::max((near + kRound) - kRound + zero_point, low), high));
  }
  return is_number;
}

std::unique_ptr<Kernel> make_binary(const Node& node, std::string_view name, void (*loop)(const float*, const float*, std::size_t, float*)) {
  if (!node.output()->type().element.is_float || node.input(0)->shape() != node.input(1)->shape()) return nullptr;
  return loop_kernel(name, [loop, count = elements_of(node)](const Operands& operands) {
    loop(operands.input<float>(0), operands.input<float>(1), count, operands.output<float>());
  });
}

/// Channel c of x times gamma / sqrt(variance + epsilon), and what is left of the formula added.
std::unique_ptr<Kernel> make_batch_norm(const Node& node, const BatchNorm& op) {
  for (int i = 1; i < 5; ++i)
    if (!node.input(i)->is_constant()) return nullptr;
  const auto given = [&](int i, std::size_t c) { return double{node.input(i)->constant().floats()[c]}; };
  const Shape& shape = node.output()->shape();
  const auto channels = static_cast<std::size_t>(shape[1]);
  std::vector<float> scales, shifts;
  for (std::size_t c = 0; c < channels; ++c) {
    const double scale = given(1, c) / std::sqrt(given(4, c) + op.epsilon);
    scales.push_back(static_cast<float>(scale));
    shifts.push_back(static_cast<float>(given(2, c) - given(3, c) * scale));
  }
  const std::size_t planes = static_cast<std::size_t>(shape[0]) * channels, length = elements_of(node) / planes;
  return loop_kernel("batch norm f32", [=](const Operands& operands) {
    for (std::size_t p = 0; p < planes; ++p)
      scale_and_shift(operands.input<float>(0) + p * length, length, scales[p % channels], shifts[p % channels],
                      operands.output<float>() + p * length);
  });
}

std::unique_ptr<Kernel> make_clamp(const Node& node, std::string_view name, float low, float high) {
  return loop_kernel(name, [=, count = elements_of(node)](const Operands& operands) {
    clamp(operands.input<float>(0), count, low, high, operands.output<float>());
  });
}

std::unique_ptr<Kernel> make_relu(const Node& node) {
  const TensorType& x = node.input(0)->type();
  if (x.element.is_float) return make_clamp(node, "relu f32", 0, std::numeric_limits<float>::infinity());
  if (x.element.bits > 32) return nullptr;
  return loop_kernel("relu s32", [count = elements_of(node), low = x.quantization ? x.quantization->zero_point : 0](const Operands& operands) {
    raise(operands.input<std::int32_t>(0), count, low, operands.output<std::int32_t>());
  });
}

std::unique_ptr<Kernel> make_lookup_table(const Node& node, const LookupTable& op) {
  const std::int64_t least = node.input(0)->type().element.min();
  return loop_kernel("lookup table", [=, count = elements_of(node), table = op.table](const Operands& operands) {
    look_up(operands.input<std::int32_t>(0), count, table.data() - least, operands.output<std::int32_t>());
  });
}

std::unique_ptr<Kernel> make_dequantize(const Node& node) {
  const TensorType& q = node.input(0)->type();
  if (q.quantization->per_channel() || q.element.bits > 16) return nullptr;
  return loop_kernel("dequantize", [count = elements_of(node), scale = q.quantization->scales.front(),
                                    zero_point = q.quantization->zero_point](const Operands& operands) {
    dequantize(operands.input<std::int32_t>(0), count, scale, zero_point, operands.output<float>());
  });
}

std::unique_ptr<Kernel> make_quantize(const Node& node, const Quantize& op) {
  if (op.quantization.per_channel() || op.element.bits > 16 || op.element.is_bipolar() || op.rounding != Rounding::kHalfToEven) return nullptr;
  return loop_kernel("quantize", [count = elements_of(node), scale = op.quantization.scales.front(),
                                  zero_point = static_cast<float>(op.quantization.zero_point), low = static_cast<float>(op.low()),
                                  high = static_cast<float>(op.high())](const Operands& operands) {
    if (!quantize(operands.input<float>(0), count, scale, zero_point, low, high, operands.output<std::int32_t>()))
      throw InputError(Quantize::kName, "a value to quantize is not a number", "check weights and inputs for NaN");
  });
}

}  // namespace

std::unique_ptr<Kernel> make_elementwise(const Node& node, Isa) {
  if (node.outputs().size() != 1 || elements_of(node) == 0) return nullptr;
  if (node.is<Add>()) return make_binary(node, "add f32", add);
  if (node.is<Mul>()) return make_binary(node, "mul f32", multiply);
  if (node.is<Relu>()) return make_relu(node);
  if (const auto* op = node.as<BatchNorm>()) return make_batch_norm(node, *op);
  if (const auto* op = node.as<Clip>()) return make_clamp(node, "clip f32", op->low, op->high);
  if (const auto* op = node.as<LookupTable>()) return make_lookup_table(node, *op);
  if (node.is<Dequantize>()) return make_dequantize(node);
  if (const auto* op = node.as<Quantize>()) return make_quantize(node, *op);
  return nullptr;
}

}  // namespace bitloom::engine
