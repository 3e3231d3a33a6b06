#pragma once

#include "ir/graph.h"

/// Between a quantized graph as it is stored, whose parameters are integers, and one that trains (quantization-aware training, Jacob et al.
/// 2018, arXiv:1712.05877, section 3): floats which are rounded on their way to the layer.
namespace bitloom {

/// Makes floats of the integer constants that layers read as parameters. Returns their number.
///
///   before   q -> Dequantize -> Conv2d's weights
///   after    x -> Quantize -> Dequantize -> Conv2d's weights     with x the float that q stands for
///
/// The Quantize has q's type, scale and zero point, and keeps to the narrow range where q does. It gives back q exactly as long as
/// |q - zero_point| is at most 2^22; larger ones, as the bias of a channel whose weights are all but zero may be, to within q / 2^22, since
/// x is a float32. Leaves alone: integers that something else than a Dequantize reads.
int fake_quantize_parameters(Graph& graph);

/// The way back: float constants with a Quantize become its integers. Returns their number.
int freeze_quantized_parameters(Graph& graph);

}  // namespace bitloom
