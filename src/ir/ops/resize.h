#pragma once

#include "ir/op.h"

namespace bitloom {

enum class ResizeMode { kNearest, kLinear, kCubic };

/// Which place of the input, in pixels, a pixel of the output stands for; ONNX's coordinate_transformation_mode.
enum class ResizeCoordinates {
  kHalfPixel,
  kHalfPixelSymmetric,
  kPytorchHalfPixel,
  kAlignCorners,
  kAsymmetric,
  kTfHalfPixelForNn,
  kTfCropAndResize,
};

/// Which pixel is nearest to a place.
enum class ResizeRounding { kRoundPreferFloor, kRoundPreferCeil, kFloor, kCeil };

/// Interpolates along every axis whose size changes, floats (kNearest: any element type). `sizes` and `scales` have an entry per axis and
/// are given for one image; scales say where pixels lie, and differ from the ratio of the sizes where that is not a whole number.
/// Places are computed in float32, in the order in which ONNX Runtime does it: so ties between two pixels fall alike.
struct Resize final : OpBase<Resize> {
  static constexpr std::string_view kName = "Resize";
  ResizeMode mode = ResizeMode::kNearest;
  ResizeCoordinates coordinates = ResizeCoordinates::kHalfPixel;
  ResizeRounding rounding = ResizeRounding::kRoundPreferFloor;
  float cubic_a = -0.75f;
  bool exclude_outside = false;    ///< pixels outside weigh nothing, instead of being those of the edge
  float extrapolation_value = 0;   ///< of what kTfCropAndResize places outside the image
  std::vector<std::int64_t> sizes;
  std::vector<float> scales;
  std::vector<float> roi;          ///< kTfCropAndResize: starts of all axes, then ends, in fractions of the input; otherwise empty

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  double steps(const Node& node) const override;  ///< along one axis after the other: what lies between may be larger than both ends
  bool stacks_images(const Node& node) const override;  ///< where axis 0 stays

  bool keeps(int axis) const;  ///< whether an axis whose size stays is left as it is

  /// One pixel along an axis: y = sum of weights[k] * x[pixels[k]], or extrapolation_value when there is none.
  struct Taps {
    std::vector<std::int64_t> pixels;
    std::vector<float> weights;
  };
  /// Of every pixel along `axis`, which has `size` of them in the input.
  std::vector<Taps> taps(int axis, std::int64_t size) const;
};

// As ONNX names them.
std::string_view to_string(ResizeMode mode);
std::string_view to_string(ResizeCoordinates coordinates);
std::string_view to_string(ResizeRounding rounding);

}  // namespace bitloom
