#pragma once

#include <string>

#include "ir/ops/fake_quantize.h"
#include "passes/quantize/quantize_model.h"

namespace bitloom {

/// How a network is trained through its quantization.
struct FakeQuantizeOptions {
  Estimator weights = Estimator::kLsq, activations = Estimator::kLsq;
  float observer_share = 0;  ///< as in FakeQuantize, of activations; only with estimators that leave scales alone
  bool fold_batch_norm = false;  ///< before training; where scales are powers of two or a layer's weights share one it is done anyhow
};

/// The most bits of weights that are powers of two: of one more they would reach 2^7, and an int8 127.
constexpr int kMostIncrementalBits = 4;

/// @param who  for the message
/// @throws InputError for weights with zero points, or scales of groups of channels, where the method has none
void check_trainable(const std::string& who, const QuantizeOptions& options, const FakeQuantizeOptions& training);

/// float graph -> the graph that is trained: a FakeQuantize on the weights of every layer, and one behind every value where quantize_model
/// places a quantizer. Scales start where the squared error is least, over the weights or over the values of the calibration images.
///
/// Input       Where raw pixels are their own quantized values, Quantize and Dequantize, which nothing trains; else as an activation.
/// Weights     Of 3 bits and more in the narrow range; of 2 bits in all of it, -2 to 1, a third more values; of 1 bit -1 and +1. With zero points
///             unsigned in all of the range, with an offset beside each scale, which is learned where the scale is.
/// Biases      Float; settle (quantize/settle.h) rounds them to int32.
///             kIncremental: of a layer with b <= 4 bits 0 and, of both signs, 2^(b-2) powers of two, the largest by the layer's largest weight:
///             2^n1 with n1 = floor(log2(4 max|W| / 3)); the smallest is the scale (arXiv:1702.03044, section 2.1). Their integers, 1 to
///             2^(2^(b-2) - 1), take 2, 3 and 5 bits for b = 2, 3 and 4. Layers of more bits have plain integers, by kStraightThrough.
/// BatchNorm   Stays behind its layer, whose weights are quantized before it, and the quantizer of the layer's result stands behind it.
///
/// @throws InputError as quantize_model and check_trainable do
Graph insert_fake_quantizers(const Graph& float_graph, const CalibrationImages& images, const QuantizeOptions& options,
                             const FakeQuantizeOptions& training, Notes* notes = nullptr, const RunGraph& run = run_on_reference);

}  // namespace bitloom
