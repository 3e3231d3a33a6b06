#pragma once

#include <optional>
#include <span>

#include "passes/quantize/quantize_model.h"

namespace bitloom {

/// The integer parameters of a Conv2d or Gemm.
struct QuantizedParameters {
  Tensor weights;              ///< quantized along axis 0 or per tensor (quantize/weight_format.h)
  std::optional<Tensor> bias;  ///< int32, scale x_scale * weight scale
};

/// The least scale that the weights of an output, or of all, may have: below it the bias leaves int32 (half of which is for the products), or the
/// factor to the output's scale gets too small to be held.
/// @param bias, x_scale, y_scale  as in quantize_parameters
double least_weight_scale(std::span<const float> bias, float x_scale, std::optional<float> y_scale);

/// A layer's bias [O], rounded to int32 of the scale x_scale * weight scale, which is that of the layer's sums.
/// Expects scales of weights that are no less than least_weight_scale.
Tensor integer_bias(std::span<const float> bias, float x_scale, const Quantization& of_weights);

/// Quantizes the parameters of a layer.
/// @param weights      float32 [O, ...]
/// @param bias         float32 [O], or null
/// @param x_scale      scale of the layer's input
/// @param y_scale      scale to which its sums are requantized; nothing for a classifier
/// @param per_channel  one scale per output, or per options.group outputs in a row, each output having its own entry; false: one for all
QuantizedParameters quantize_parameters(const Tensor& weights, const Tensor* bias, float x_scale, std::optional<float> y_scale,
                                        bool per_channel, const QuantizeOptions& options);

}  // namespace bitloom
