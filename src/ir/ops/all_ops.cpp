#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/shape_ops.h"

namespace bitloom {

/// A new operator is one line here, its file under ops/ and its test.
std::span<const std::string_view> all_op_names() {
  static constexpr std::string_view kNames[] = {
      Conv2d::kName,   Gemm::kName,       BatchNorm::kName,     Relu::kName,        Tanh::kName,    Sigmoid::kName,
      Add::kName,      MaxPool2d::kName,  AveragePool2d::kName, SumPool2d::kName,   Flatten::kName, Softmax::kName,
      Quantize::kName, Dequantize::kName, Requantize::kName,    LookupTable::kName,
  };
  return kNames;
}

}  // namespace bitloom
