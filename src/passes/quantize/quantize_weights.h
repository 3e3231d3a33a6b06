#pragma once

#include <optional>

#include "passes/quantize/quantize_model.h"

namespace bitloom {

/// The integer parameters of a Conv2d or Gemm.
struct QuantizedParameters {
  Tensor weights;              ///< symmetric, narrow range, quantized along axis 0 or per tensor
  std::optional<Tensor> bias;  ///< int32, scale x_scale * weight scale
};

/// Quantizes the parameters of a layer.
/// @param weights      float32 [O, ...]
/// @param bias         float32 [O], or null
/// @param x_scale      scale of the layer's input
/// @param y_scale      scale to which its sums are requantized; nothing for a classifier
/// @param per_channel  one scale per output; false: one for all
QuantizedParameters quantize_parameters(const Tensor& weights, const Tensor* bias, float x_scale, std::optional<float> y_scale,
                                        bool per_channel, const QuantizeOptions& options);

}  // namespace bitloom
