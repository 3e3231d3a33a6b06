#include "ir/ops/resize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

/// The one of `all` that ONNX calls `name`.
template <class T>
T named(NodeReader& node, const char* attribute, const std::string& name, std::initializer_list<T> all) {
  std::vector<std::string_view> names;
  for (const T value : all) {
    if (to_string(value) == name) return value;
    names.push_back(to_string(value));
  }
  node.refuse(fmt::format("{} '{}' is not supported", attribute, name), fmt::format("supported: {}", fmt::join(names, ", ")));
}

ResizeMode mode_of(NodeReader& node) {
  return named(node, "mode", node.text("mode", "nearest"), {ResizeMode::kNearest, ResizeMode::kLinear, ResizeMode::kCubic});
}

/// 0, which the operator refuses, for what is no size.
std::int64_t as_size(float whole) { return whole > 0 && whole < 0x1p31f ? static_cast<std::int64_t>(whole) : 0; }

/// Size of a scaled axis, in float32 as ONNX's own shape inference and ONNX Runtime have it.
std::int64_t scaled(std::int64_t size, float scale) { return as_size(std::floor(static_cast<float>(size) * scale)); }

/// Sizes from scales, or the other way round where the file gives sizes.
void set_extents(NodeReader& node, Resize& op, const Shape& x, const std::vector<int>& axes, const std::vector<float>& scales,
                 std::vector<std::int64_t> sizes) {
  const std::size_t given = sizes.empty() ? scales.size() : sizes.size();
  if (given != axes.size() || (!sizes.empty() && !scales.empty()))
    node.refuse(fmt::format("{} scales and {} sizes for {} axes", scales.size(), sizes.size(), axes.size()),
                "give either of them, one per axis");
  op.sizes = x.dims();
  op.scales.assign(x.dims().size(), 1);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(axes[i]);
    const std::int64_t size = x[axes[i]];
    // A file exported for a batch of eight says eight; here the batch is one.
    if (!sizes.empty() && axis == 0 && size == 1 && node.scope().batch > 1 && sizes[i] == node.scope().batch) sizes[i] = 1;
    const bool crops = op.coordinates == ResizeCoordinates::kTfCropAndResize;
    const float extent = crops ? op.roi[axis + x.dims().size()] - op.roi[axis] : 1;
    op.sizes[axis] = sizes.empty() ? scaled(size, extent * scales[i]) : sizes[i];
    // Where a region is cropped the scale says nothing beyond the size.
    op.scales[axis] = sizes.empty() && !crops ? scales[i] : static_cast<float>(op.sizes[axis]) / static_cast<float>(size);
  }
}

/// One scale for all axes, so that the image keeps its proportions inside (not_larger) or around (not_smaller) the sizes.
void keep_aspect_ratio(NodeReader& node, Resize& op, const Shape& x, const std::vector<int>& axes, const std::string& policy) {
  if (policy == "stretch") return;
  if (policy != "not_larger" && policy != "not_smaller")
    node.refuse("keep_aspect_ratio_policy '" + policy + "' is not supported", "supported: stretch, not_larger, not_smaller");
  std::vector<float> scales;
  for (const int axis : axes) scales.push_back(op.scales[static_cast<std::size_t>(axis)]);
  if (scales.empty()) return;
  const float scale = policy == "not_larger" ? *std::ranges::min_element(scales) : *std::ranges::max_element(scales);
  for (const int axis : axes) {
    op.scales[static_cast<std::size_t>(axis)] = scale;
    op.sizes[static_cast<std::size_t>(axis)] = as_size(std::floor(static_cast<float>(x[axis]) * scale + 0.5f));
  }
}

/// What the first Resize (opset 10) and Upsample mean, which have no attributes for it: places counted from the corner, and the pixel below
/// when enlarging but the one above when shrinking (so ONNX Runtime, which their recorded cases agree with).
void set_old_rules(NodeReader& node, Resize& op) {
  op.coordinates = ResizeCoordinates::kAsymmetric;
  const bool shrinks = std::ranges::any_of(op.scales, [](float scale) { return scale < 1; });
  const bool enlarges = std::ranges::any_of(op.scales, [](float scale) { return scale > 1; });
  if (op.mode == ResizeMode::kNearest && shrinks && enlarges)
    node.refuse("shrinks one axis and enlarges another", "export it with opset 11 or newer");
  op.rounding = shrinks ? ResizeRounding::kCeil : ResizeRounding::kFloor;
}

std::vector<int> all_axes(const Shape& x) {
  std::vector<int> axes(static_cast<std::size_t>(x.rank()));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

/// What one reads where only nearest has them; the same network shall give the same graph.
void forget_unused(Resize& op) {
  if (op.mode != ResizeMode::kNearest) op.rounding = ResizeRounding::kRoundPreferFloor;
  if (op.mode != ResizeMode::kCubic) op.cubic_a = -0.75f;
  if (op.mode == ResizeMode::kNearest) op.exclude_outside = false;
  if (op.coordinates != ResizeCoordinates::kTfCropAndResize) op.extrapolation_value = 0;
}

void read_resize(NodeReader& node) {
  Value* x = node.input(0);
  const Shape& shape = x->shape();
  Resize op;
  op.mode = mode_of(node);
  std::vector<int> axes = all_axes(shape);
  if (node.opset() < 11) {
    set_extents(node, op, shape, axes, node.reals_input(1, "scales"), {});
    set_old_rules(node, op);
    node.add(op, {x});
    return;
  }
  using Place = ResizeCoordinates;
  op.coordinates = named(node, "coordinate_transformation_mode", node.text("coordinate_transformation_mode", "half_pixel"),
                         {Place::kHalfPixel, Place::kHalfPixelSymmetric, Place::kPytorchHalfPixel, Place::kAlignCorners, Place::kAsymmetric,
                          Place::kTfHalfPixelForNn, Place::kTfCropAndResize});
  using Round = ResizeRounding;
  op.rounding = named(node, "nearest_mode", node.text("nearest_mode", "round_prefer_floor"),
                      {Round::kRoundPreferFloor, Round::kRoundPreferCeil, Round::kFloor, Round::kCeil});
  op.cubic_a = node.real("cubic_coeff_a", -0.75f);
  op.exclude_outside = node.integer("exclude_outside", 0) != 0;
  op.extrapolation_value = node.real("extrapolation_value", 0);
  node.require_integer("antialias", 0, "no low-pass filter before shrinking");
  if (node.has_attribute("axes")) {
    axes.clear();
    for (const std::int64_t axis : node.integers("axes")) axes.push_back(node.axis_of(axis, shape.rank()));
  }
  if (op.coordinates == Place::kTfCropAndResize) {
    const std::vector<float> roi = node.reals_input(1, "region of interest");
    if (roi.size() != 2 * axes.size())
      node.refuse(fmt::format("roi has {} entries for {} axes", roi.size(), axes.size()),
                  "give a start and an end per axis");
    op.roi.assign(shape.dims().size(), 0);
    op.roi.resize(2 * shape.dims().size(), 1);
    for (std::size_t i = 0; i < axes.size(); ++i) {
      op.roi[static_cast<std::size_t>(axes[i])] = roi[i];
      op.roi[static_cast<std::size_t>(axes[i]) + shape.dims().size()] = roi[axes.size() + i];
    }
  }
  const std::string policy = node.text("keep_aspect_ratio_policy", "stretch");
  const std::vector<float> scales = node.has_input(2) ? node.reals_input(2, "scales") : std::vector<float>();
  const std::vector<std::int64_t> sizes = node.has_input(3) ? node.integers_input(3, "sizes") : std::vector<std::int64_t>();
  set_extents(node, op, shape, axes, scales, sizes);
  if (!sizes.empty()) keep_aspect_ratio(node, op, shape, axes, policy);
  forget_unused(op);
  node.add(op, {x});
}

void write_resize(NodeWriter& node) {
  const Resize& op = node.op<Resize>();
  const Shape& x = node.node().input(0)->shape();
  if (op.coordinates == ResizeCoordinates::kHalfPixelSymmetric)
    node.refuse("half_pixel_symmetric came with opset 19, and this is written as 13", "use half_pixel");
  bool scales_say_all = op.roi.empty(), sizes_say_all = op.stacks_images(node.node());
  bool whoever_multiplies = true;  // readers that multiply by the scale in double do not all get to the size that float gives
  for (int axis = 0; axis < x.rank(); ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    scales_say_all &= scaled(x[axis], op.scales[a]) == op.sizes[a];
    whoever_multiplies &= static_cast<std::int64_t>(std::floor(static_cast<double>(x[axis]) * op.scales[a])) == op.sizes[a];
    sizes_say_all &= op.scales[a] == static_cast<float>(op.sizes[a]) / static_cast<float>(x[axis]);
  }
  const auto list = [](std::span<const float> values) {
    return Tensor({static_cast<std::int64_t>(values.size())}, {values.begin(), values.end()});
  };
  op.roi.empty() ? node.add_absent_input() : node.add_constant_input(".roi", list(op.roi));
  if (scales_say_all && (whoever_multiplies || !sizes_say_all)) {
    node.add_constant_input(".scales", list(op.scales));
  } else if (sizes_say_all) {
    node.add_absent_input();
    node.add_batched_shape_input(".sizes", Shape(op.sizes));
  } else {
    node.refuse("its scales are not those of its sizes, which opset 13 cannot say", "resize without keep_aspect_ratio_policy");
  }
  node.text("mode", to_string(op.mode));
  node.text("coordinate_transformation_mode", to_string(op.coordinates));
  if (op.mode == ResizeMode::kNearest) node.text("nearest_mode", to_string(op.rounding));
  node.real("cubic_coeff_a", op.cubic_a);
  node.integer("exclude_outside", op.exclude_outside);
  node.real("extrapolation_value", op.extrapolation_value);
}

void read_upsample(NodeReader& node) {
  Value* x = node.input(0);
  Resize op;
  op.mode = mode_of(node);
  if (op.mode == ResizeMode::kCubic) node.refuse("mode 'cubic' is not supported", "supported: nearest, linear");
  set_extents(node, op, x->shape(), all_axes(x->shape()), node.opset() < 9 ? node.reals("scales") : node.reals_input(1, "scales"), {});
  set_old_rules(node, op);
  forget_unused(op);
  node.add(op, {x});
}

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"Resize", 1, 4, Resize::kName, read_resize, write_resize, kTakesIntegers},
    {"Upsample", 1, 2, "", read_upsample, nullptr},
};

}  // namespace

OperatorFamily resize_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
