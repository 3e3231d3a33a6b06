#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/ops/quantization.h"
#include "onnx/node_reader.h"

/// What QONNX's quantizers share: scales, zero points, bit widths and roundings, read and written.
namespace bitloom::onnx_format {

constexpr int kNoInput = -1;

/// A constant input of one number.
float number_input(NodeReader& node, int i, const std::string& meaning);
int bits_input(NodeReader& node, int i, const std::string& meaning);

/// Shape of the first input, which must hold floats.
Shape real_shape(NodeReader& node);

/// Scales and zero points (whole numbers held as floats; 0 with kNoInput) of a tensor like `x`.
Quantization read_scales(NodeReader& node, const Shape& x, int scale_input, int zero_point_input);

/// What the attribute rounding_mode says of x / scale + zero_point.
Rounding read_rounding_mode(NodeReader& node, const std::string& fallback);
/// The same as a rounding of x / scale alone, before the zero point is added, as Quantize has it: equal for whole zero points, but for the
/// modes that look at the sign and for ties to even.
Rounding before_zero_points(NodeReader& node, Rounding rounding, const Quantization& quantization);

/// QONNX's name of a rounding of x / scale + zero_point; "" where it has none.
std::string_view rounding_mode(Rounding rounding);
/// The inverse of before_zero_points; kHalfUp, which QONNX has no name for, where there is none.
Rounding behind_zero_points(Rounding rounding, const Quantization& quantization);

/// Numbers per tensor, or per index of the quantization's axis, in a shape that broadcasts over `x`.
Tensor laid_along(std::vector<float> numbers, const Quantization& quantization, const Shape& x);
Tensor zero_points_along(const Quantization& quantization, const Shape& x);  ///< as floats

}  // namespace bitloom::onnx_format
