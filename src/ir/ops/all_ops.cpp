#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/conv_nd.h"
#include "ir/ops/conv_transpose2d.h"
#include "ir/ops/dynamic_quantize.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/fake_quantize.h"
#include "ir/ops/gather.h"
#include "ir/ops/gemm.h"
#include "ir/ops/integer_product.h"
#include "ir/ops/layer_norm.h"
#include "ir/ops/lrn.h"
#include "ir/ops/matmul.h"
#include "ir/ops/multi_threshold.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/pool_nd.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/reduce.h"
#include "ir/ops/rescaled.h"
#include "ir/ops/resize.h"
#include "ir/ops/scan.h"
#include "ir/ops/selection.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/slice.h"
#include "ir/ops/softmax.h"

namespace bitloom {

/// A new operator is one line here, its file under ops/ and its test.
std::span<const std::string_view> all_op_names() {
  static constexpr std::string_view kNames[] = {
      Abs::kName,
      Acos::kName,
      Acosh::kName,
      Add::kName,
      And::kName,
      ArgMax::kName,
      ArgMin::kName,
      Asin::kName,
      Asinh::kName,
      Atan::kName,
      Atanh::kName,
      AveragePool2d::kName,
      AveragePoolNd::kName,
      BatchNorm::kName,
      Cast::kName,
      Ceil::kName,
      Celu::kName,
      Clip::kName,
      Concat::kName,
      Conv2d::kName,
      ConvInteger::kName,
      ConvNd::kName,
      ConvTranspose2d::kName,
      ConvTransposeNd::kName,
      Cos::kName,
      Cosh::kName,
      CumSum::kName,
      DepthToSpace::kName,
      Dequantize::kName,
      Div::kName,
      DynamicQuantize::kName,
      Elu::kName,
      Equal::kName,
      Erf::kName,
      Exp::kName,
      Expand::kName,
      FakeQuantize::kName,
      Flatten::kName,
      Floor::kName,
      Gather::kName,
      GatherElements::kName,
      GatherND::kName,
      Gelu::kName,
      Gemm::kName,
      Greater::kName,
      GreaterOrEqual::kName,
      HardSigmoid::kName,
      HardSwish::kName,
      Hardmax::kName,
      InstanceNorm::kName,
      IsInf::kName,
      IsNaN::kName,
      LayerNorm::kName,
      LeakyRelu::kName,
      Less::kName,
      LessOrEqual::kName,
      Log::kName,
      LogSoftmax::kName,
      LookupTable::kName,
      Lrn::kName,
      MatMul::kName,
      MatMulInteger::kName,
      Max::kName,
      MaxPool2d::kName,
      MaxPoolNd::kName,
      MeanVarianceNorm::kName,
      Min::kName,
      Mish::kName,
      Mod::kName,
      Mul::kName,
      MultiThreshold::kName,
      Neg::kName,
      Not::kName,
      OneHot::kName,
      Or::kName,
      PRelu::kName,
      Pad::kName,
      Pow::kName,
      Quantize::kName,
      Reciprocal::kName,
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
      RescaledMul::kName,
      Reshape::kName,
      Resize::kName,
      Round::kName,
      ScatterElements::kName,
      ScatterND::kName,
      Selu::kName,
      Shrink::kName,
      Sigmoid::kName,
      Sign::kName,
      Sin::kName,
      Sinh::kName,
      Slice::kName,
      Softmax::kName,
      Softplus::kName,
      Softsign::kName,
      SpaceToDepth::kName,
      Sqrt::kName,
      Sub::kName,
      SumPool2d::kName,
      Tan::kName,
      Tanh::kName,
      ThresholdedRelu::kName,
      Tile::kName,
      TopK::kName,
      Transpose::kName,
      Trunc::kName,
      Where::kName,
      Xor::kName,
  };
  return kNames;
}

}  // namespace bitloom
