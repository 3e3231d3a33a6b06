#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rescaled_add.h"
#include "ir/ops/shape_ops.h"

namespace bitloom {

/// A new operator is one line here, its file under ops/ and its test.
std::span<const std::string_view> all_op_names() {
  static constexpr std::string_view kNames[] = {
      Add::kName,
      AveragePool2d::kName,
      BatchNorm::kName,
      Conv2d::kName,
      Dequantize::kName,
      Flatten::kName,
      Gemm::kName,
      LookupTable::kName,
      MaxPool2d::kName,
      Quantize::kName,
      Relu::kName,
      Requantize::kName,
      RescaledAdd::kName,
      Sigmoid::kName,
      Softmax::kName,
      SumPool2d::kName,
      Tanh::kName,
  };
  return kNames;
}

}  // namespace bitloom
