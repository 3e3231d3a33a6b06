#include "ir/ops/elementwise.h"

#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

constexpr Operator kOperators[] = {
    {"Add", 2, 2, Add::kName, read_plain<Add>, write_plain},
    {"Relu", 1, 1, Relu::kName, read_plain<Relu>, write_plain},
    {"Sigmoid", 1, 1, Sigmoid::kName, read_plain<Sigmoid>, write_plain},
    {"Tanh", 1, 1, Tanh::kName, read_plain<Tanh>, write_plain},
};

}  // namespace

OperatorFamily elementwise_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
