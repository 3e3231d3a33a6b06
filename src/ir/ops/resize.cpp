#include "ir/ops/resize.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <type_traits>

#include "ir/ops/cast.h"
#include "ir/ops/check.h"
#include "ir/ops/integer_arithmetic.h"
#include "ir/ops/moving.h"

namespace bitloom {
namespace {

constexpr OperandInfo kUnary[] = {{"x"}};
constexpr float kFarOutside = 0x1p26f;  ///< beyond every image: where scales and sizes that contradict each other may place a pixel

std::int64_t nearest_pixel(ResizeRounding rounding, float place) {
  switch (rounding) {
    case ResizeRounding::kRoundPreferFloor:
      return static_cast<std::int64_t>(std::ceil(place - 0.5f));
    case ResizeRounding::kRoundPreferCeil:
      return static_cast<std::int64_t>(std::floor(place + 0.5f));
    case ResizeRounding::kFloor:
      return static_cast<std::int64_t>(std::floor(place));
    case ResizeRounding::kCeil:
      return static_cast<std::int64_t>(std::ceil(place));
  }
  return 0;
}

/// Weights of the pixels at -1, 0, 1 and 2 for a place `t` behind pixel 0. Source: Keys 1981, "Cubic convolution interpolation for digital
/// image processing", equation for the kernel with parameter a.
std::array<float, 4> cubic_weights(float t, float a) {
  const auto near = [a](float d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [a](float d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  return {far(t + 1), near(t), near(1 - t), far(2 - t)};
}

}  // namespace

std::string_view to_string(ResizeMode mode) {
  switch (mode) {
    case ResizeMode::kNearest:
      return "nearest";
    case ResizeMode::kLinear:
      return "linear";
    case ResizeMode::kCubic:
      return "cubic";
  }
  return "";
}

std::string_view to_string(ResizeCoordinates coordinates) {
  switch (coordinates) {
    case ResizeCoordinates::kHalfPixel:
      return "half_pixel";
    case ResizeCoordinates::kHalfPixelSymmetric:
      return "half_pixel_symmetric";
    case ResizeCoordinates::kPytorchHalfPixel:
      return "pytorch_half_pixel";
    case ResizeCoordinates::kAlignCorners:
      return "align_corners";
    case ResizeCoordinates::kAsymmetric:
      return "asymmetric";
    case ResizeCoordinates::kTfHalfPixelForNn:
      return "tf_half_pixel_for_nn";
    case ResizeCoordinates::kTfCropAndResize:
      return "tf_crop_and_resize";
  }
  return "";
}

std::string_view to_string(ResizeRounding rounding) {
  switch (rounding) {
    case ResizeRounding::kRoundPreferFloor:
      return "round_prefer_floor";
    case ResizeRounding::kRoundPreferCeil:
      return "round_prefer_ceil";
    case ResizeRounding::kFloor:
      return "floor";
    case ResizeRounding::kCeil:
      return "ceil";
  }
  return "";
}

std::span<const OperandInfo> Resize::operands() const { return kUnary; }

Attributes Resize::attributes() const {
  Attributes all{{"mode", std::string(to_string(mode))}, {"coordinates", std::string(to_string(coordinates))}};
  if (mode == ResizeMode::kNearest) all.emplace_back("rounding", std::string(to_string(rounding)));
  if (mode == ResizeMode::kCubic) all.emplace_back("cubic_a", double{cubic_a});
  if (mode != ResizeMode::kNearest) all.emplace_back("exclude_outside", std::int64_t{exclude_outside});
  all.emplace_back("sizes", sizes);
  all.emplace_back("scales", fmt::format("[{}]", fmt::join(scales, ", ")));
  if (coordinates == ResizeCoordinates::kTfCropAndResize) {
    all.emplace_back("roi", fmt::format("[{}]", fmt::join(roi, ", ")));
    all.emplace_back("extrapolation_value", double{extrapolation_value});
  }
  return all;
}

std::vector<TensorType> Resize::infer(const Node& node) const {
  const TensorType& x = mode == ResizeMode::kNearest ? ops::operand(node, 0) : ops::float_operand(node, 0);
  const auto rank = static_cast<std::size_t>(x.shape.rank());
  ops::require(sizes.size() == rank && scales.size() == rank, node,
               fmt::format("{} sizes and {} scales for {}", sizes.size(), scales.size(), to_string(x.shape)), "give one of each per axis");
  const bool crops = coordinates == ResizeCoordinates::kTfCropAndResize;
  ops::require(roi.size() == (crops ? 2 * rank : 0), node, fmt::format("roi has {} entries for {}", roi.size(), to_string(x.shape)),
               "give a start and an end per axis for tf_crop_and_resize only");
  // A place beyond this could not be told from its neighbour in float32, nor held in an index.
  const auto is_place = [](float v) { return std::isfinite(v) && std::abs(v) < 0x1p24f; };
  ops::require(std::ranges::all_of(roi, is_place), node, "roi is not a region of the image", "give fractions of it");
  ops::require(std::isfinite(cubic_a) && std::isfinite(extrapolation_value), node, "a coefficient is not a number", "choose a finite one");
  double between = static_cast<double>(x.shape.elements());
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t size = x.shape[static_cast<int>(axis)];
    ops::require(size > 0 && size < (1 << 24) && sizes[axis] > 0 && sizes[axis] < (1 << 24), node,
                 fmt::format("resizes axis {} from {} to {}", axis, size, sizes[axis]), "leave at least one pixel and at most 16 million");
    between *= static_cast<double>(sizes[axis]) / static_cast<double>(size);
    ops::require(between <= 0x1p31, node, fmt::format("{} elements once axis {} is resized", between, axis), "resize it in several steps");
    ops::require(std::isfinite(scales[axis]) && scales[axis] > 0x1p-24f && scales[axis] < 0x1p24f, node,
                 fmt::format("scale {} of axis {}", scales[axis], axis), "choose a positive one");
  }
  const int channels = ops::channel_axis(x);
  return {ops::moved_type(node, x, Shape(sizes), channels >= 0 && keeps(channels) ? channels : -1)};
}

bool Resize::stacks_images(const Node& node) const { return keeps(0) && sizes[0] == node.input(0)->shape()[0]; }

double Resize::steps(const Node& node) const {
  std::vector<double> dims(node.input(0)->shape().dims().begin(), node.input(0)->shape().dims().end());
  double sum = Op::steps(node);
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    dims[axis] = static_cast<double>(sizes[axis]);
    sum += std::accumulate(dims.begin(), dims.end(), 1.0, std::multiplies<>()) * (mode == ResizeMode::kCubic ? 4 : 2);
  }
  return sum;
}

bool Resize::keeps(int axis) const {
  const auto a = static_cast<std::size_t>(axis);
  return scales[a] == 1 && (roi.empty() || (roi[a] == 0 && roi[a + sizes.size()] == 1));
}

std::vector<Resize::Taps> Resize::taps(int axis, std::int64_t size) const {
  const auto a = static_cast<std::size_t>(axis);
  const float scale = scales[a], in = static_cast<float>(size), out = static_cast<float>(sizes[a]);
  // ONNX's recorded cases align the corners of the exact extent, of which the last part of a pixel may not be shown.
  const float extent = scale == out / in ? out : in * scale;
  const float start = roi.empty() ? 0 : roi[a], end = roi.empty() ? 1 : roi[a + sizes.size()];
  const auto place_of = [&](float x) -> float {
    switch (coordinates) {
      case ResizeCoordinates::kHalfPixel:
        return (x + 0.5f) / scale - 0.5f;
      case ResizeCoordinates::kHalfPixelSymmetric: {
        const float shown = out / extent;  // how much of the exact extent the whole pixels cover; what is lost is lost on both sides
        return in / 2 * (1 - shown) + (x + 0.5f) / scale - 0.5f;
      }
      case ResizeCoordinates::kPytorchHalfPixel:
        return out > 1 ? (x + 0.5f) / scale - 0.5f : 0;
      case ResizeCoordinates::kAlignCorners:
        return extent > 1 ? x * (in - 1) / (extent - 1) : 0;
      case ResizeCoordinates::kAsymmetric:
        return x / scale;
      case ResizeCoordinates::kTfHalfPixelForNn:
        return (x + 0.5f) / scale;
      case ResizeCoordinates::kTfCropAndResize:
        return out > 1 ? start * (in - 1) + x * (end - start) * (in - 1) / (out - 1) : 0.5f * (start + end) * (in - 1);
    }
    return 0;
  };
  std::vector<Taps> all(static_cast<std::size_t>(sizes[a]));
  for (std::size_t i = 0; i < all.size(); ++i) {
    Taps& taps = all[i];
    const float place = std::clamp(place_of(static_cast<float>(i)), -kFarOutside, kFarOutside);
    if (coordinates == ResizeCoordinates::kTfCropAndResize && (place < 0 || place > in - 1)) continue;
    if (mode == ResizeMode::kNearest) {
      taps = {{std::clamp<std::int64_t>(nearest_pixel(rounding, place), 0, size - 1)}, {1}};
      continue;
    }
    const float base = std::floor(place), t = place - base;
    const auto first = static_cast<std::int64_t>(base) - (mode == ResizeMode::kCubic ? 1 : 0);
    if (mode == ResizeMode::kCubic) {
      const std::array<float, 4> weights = cubic_weights(t, cubic_a);
      taps.weights.assign(weights.begin(), weights.end());
    } else {
      taps.weights = {1 - t, t};
    }
    for (std::size_t k = 0; k < taps.weights.size(); ++k) {
      const std::int64_t pixel = first + static_cast<std::int64_t>(k);
      if (exclude_outside && (pixel < 0 || pixel >= size)) taps.weights[k] = 0;
      taps.pixels.push_back(std::clamp<std::int64_t>(pixel, 0, size - 1));
    }
    if (exclude_outside) {
      const float sum = std::accumulate(taps.weights.begin(), taps.weights.end(), 0.0f);
      if (sum != 0)
        for (float& weight : taps.weights) weight /= sum;
    }
  }
  return all;
}

void Resize::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  Tensor current = *inputs[0];
  for (int axis = 0; axis < static_cast<int>(sizes.size()); ++axis) {
    if (keeps(axis) && outputs[0].shape()[axis] == current.shape()[axis]) continue;  // among them the batch, whatever its size
    const std::vector<Taps> along = taps(axis, current.shape()[axis]);
    TensorType type = current.type();
    type.shape[axis] = static_cast<std::int64_t>(along.size());
    type.quantization.reset();
    Tensor next(type);
    std::int64_t outer = 1, inner = 1;
    for (int a = 0; a < axis; ++a) outer *= type.shape[a];
    for (int a = axis + 1; a < type.shape.rank(); ++a) inner *= type.shape[a];
    const std::int64_t size = current.shape()[axis];
    // As Cast makes an integer of a real.
    const auto stored = [element = type.element]<class T>(T, double value) {
      if constexpr (std::is_integral_v<T>)
        return static_cast<T>(ops::wrapped(ops::truncated(value), element));
      else
        return static_cast<T>(value);
    };
    ops::visit_both(current, next, [&]<class T>(std::span<const T> from, std::span<T> to) {
      auto at = to.begin();
      for (std::int64_t o = 0; o < outer; ++o)
        for (const Taps& taps : along)
          for (std::int64_t i = 0; i < inner; ++i) {
            const auto pixel = [&](std::size_t k) { return from[static_cast<std::size_t>((o * size + taps.pixels[k]) * inner + i)]; };
            if (taps.pixels.empty()) {
              *at++ = stored(T{}, extrapolation_value);
            } else if (mode == ResizeMode::kNearest) {
              *at++ = pixel(0);
            } else {
              double sum = 0;
              for (std::size_t k = 0; k < taps.pixels.size(); ++k) sum += double{taps.weights[k]} * static_cast<double>(pixel(k));
              *at++ = stored(T{}, sum);
            }
          }
    });
    current = std::move(next);
  }
  ops::copy_elements(current, outputs[0]);
}

}  // namespace bitloom
