#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gather.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/resize.h"
#include "ir/ops/scan.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/slice.h"

namespace bitloom {

/// A new operator is one line here, its file under ops/ and its test.
std::span<const std::string_view> all_op_names() {
  static constexpr std::string_view kNames[] = {
      Add::kName,
      AveragePool2d::kName,
      BatchNorm::kName,
      Concat::kName,
      Conv2d::kName,
      CumSum::kName,
      DepthToSpace::kName,
      Dequantize::kName,
      Expand::kName,
      Flatten::kName,
      Gather::kName,
      GatherElements::kName,
      GatherND::kName,
      Gemm::kName,
      LookupTable::kName,
      MaxPool2d::kName,
      OneHot::kName,
      Pad::kName,
      Quantize::kName,
      Relu::kName,
      Requantize::kName,
      Reshape::kName,
      Resize::kName,
      ScatterElements::kName,
      ScatterND::kName,
      Sigmoid::kName,
      Slice::kName,
      Softmax::kName,
      SpaceToDepth::kName,
      SumPool2d::kName,
      Tanh::kName,
      Tile::kName,
      Transpose::kName,
  };
  return kNames;
}

}  // namespace bitloom
