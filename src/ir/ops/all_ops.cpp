#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/conv_transpose2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/layer_norm.h"
#include "ir/ops/lrn.h"
#include "ir/ops/matmul.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/reduce.h"
#include "ir/ops/rescaled_add.h"
#include "ir/ops/selection.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/softmax.h"

namespace bitloom {

/// A new operator is one line here, its file under ops/ and its test.
std::span<const std::string_view> all_op_names() {
  static constexpr std::string_view kNames[] = {
      Add::kName,
      ArgMax::kName,
      ArgMin::kName,
      AveragePool2d::kName,
      BatchNorm::kName,
      Conv2d::kName,
      ConvTranspose2d::kName,
      Dequantize::kName,
      Flatten::kName,
      Gemm::kName,
      Hardmax::kName,
      InstanceNorm::kName,
      LayerNorm::kName,
      LogSoftmax::kName,
      LookupTable::kName,
      Lrn::kName,
      MatMul::kName,
      MaxPool2d::kName,
      MeanVarianceNorm::kName,
      Quantize::kName,
      ReduceL1::kName,
      ReduceL2::kName,
      ReduceLogSum::kName,
      ReduceLogSumExp::kName,
      ReduceMax::kName,
      ReduceMean::kName,
      ReduceMin::kName,
      ReduceProd::kName,
      ReduceSum::kName,
      ReduceSumSquare::kName,
      Relu::kName,
      Requantize::kName,
      RescaledAdd::kName,
      Sigmoid::kName,
      Softmax::kName,
      SumPool2d::kName,
      Tanh::kName,
      TopK::kName,
  };
  return kNames;
}

}  // namespace bitloom
