#include <algorithm>

#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/shape_ops.h"
#include "onnx/operator.h"
#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

constexpr bool kTakesIntegers = true;

// ONNX name, its number of inputs, our name, read, write.
constexpr Operator kOperators[] = {
    {"Add", 2, 2, Add::kName, read_plain<Add>, write_plain},
    {"AveragePool", 1, 1, AveragePool2d::kName, read_average_pool, write_average_pool},
    {"BatchNormalization", 5, 5, BatchNorm::kName, read_batch_normalization, write_batch_normalization},
    {"Constant", 0, 0, "", read_constant, nullptr},
    {"Conv", 2, 3, Conv2d::kName, read_conv, write_conv},
    {"DequantizeLinear", 2, 3, Dequantize::kName, read_dequantize_linear, write_dequantize_linear, kTakesIntegers},
    {"Flatten", 1, 1, Flatten::kName, read_flatten, write_flatten, kTakesIntegers},
    {"Gemm", 2, 3, Gemm::kName, read_gemm, write_gemm},
    {"MaxPool", 1, 1, MaxPool2d::kName, read_max_pool, write_max_pool, kTakesIntegers},
    {"QuantizeLinear", 2, 3, Quantize::kName, read_quantize_linear, write_quantize_linear},
    {"Relu", 1, 1, Relu::kName, read_plain<Relu>, write_plain},
    {"Sigmoid", 1, 1, Sigmoid::kName, read_plain<Sigmoid>, write_plain},
    {"Softmax", 1, 1, Softmax::kName, read_softmax, write_softmax},
    {"Tanh", 1, 1, Tanh::kName, read_plain<Tanh>, write_plain},
};

const Operator* find(std::string_view Operator::*member, std::string_view name) {
  const auto found = std::ranges::find(kOperators, name, member);
  return name.empty() || found == std::end(kOperators) ? nullptr : found;
}

}  // namespace

std::span<const Operator> all_operators() {
  return kOperators;
}

std::vector<std::string> operator_names() {
  std::vector<std::string> names;
  for (const Operator& known : kOperators) names.emplace_back(known.onnx_name);
  return names;
}

const Operator* find_by_onnx_name(std::string_view onnx_name) {
  return find(&Operator::onnx_name, onnx_name);
}
const Operator* find_by_op_name(std::string_view op_name) {
  return find(&Operator::op_name, op_name);
}

}  // namespace bitloom::onnx_format
