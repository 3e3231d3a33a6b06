#include "ir/ops/rearrange.h"
#include "ir/ops/resize.h"
#include "ir/ops/slice.h"
#include "onnx/random_graph/generator.h"

namespace bitloom::onnx_format {
namespace {

void add_reshapes(Generator& g) {
  const std::int64_t channels = g.shape()[1], height = g.shape()[2], width = g.shape()[3];
  g.reshape({1, channels, height * width});
  g.reshape({1, channels, width, height});
}

void add_transpose(Generator& g) {
  Transpose op;
  op.perm = g.coin() ? std::vector<int>{0, 2, 3, 1} : std::vector<int>{0, 1, 3, 2};
  g.append(op);
}

void add_slice_with_steps(Generator& g) {
  const std::int64_t channels = g.shape()[1], width = g.shape()[3];
  Slice op;
  op.axes = {3, 1};
  op.starts = {width - 1, 0};
  op.steps = {-1 - g.below(2), 1};
  op.lengths = {(width - 1) / -op.steps[0] + 1, 1 + g.below(channels)};
  g.append(op);
}

void add_slice_of_the_batch(Generator& g) {  // all of it
  const std::int64_t height = g.shape()[2];
  Slice op;
  op.axes = {0, 2};
  op.starts = {0, g.below(height)};
  op.steps = {1, 1};
  op.lengths = {1, height - op.starts[1]};
  g.append(op);
}

void add_concat(Generator& g) {
  Concat op;
  op.axis = 1;
  op.count = 2 + g.small(2);
  g.append(op, std::vector<Value*>(static_cast<std::size_t>(op.count - 1), g.last()));
}

void add_pad(Generator& g) {
  Pad op;
  op.mode = static_cast<PadMode>(g.below(3));
  op.before = {0, 0, 1, g.shape()[2] > 1 ? 1 : 0};
  op.after = {0, 0, 1 - g.below(2), 2};
  if (op.mode == PadMode::kConstant) op.value = g.real(-2, 2);
  g.append(op);
}

void append_tile(Generator& g, std::vector<std::int64_t> repeats) {
  Tile op;
  op.repeats = std::move(repeats);
  g.append(op);
}

void add_tile(Generator& g) { append_tile(g, {1, 1 + g.below(2), 1, 2}); }

void add_expand(Generator& g) {
  Slice row;
  row.axes = {2};
  row.starts = {0};
  row.steps = {1};
  row.lengths = {1};
  g.append(row);
  Expand op;
  op.shape = Shape{1, g.shape()[1], 3, g.shape()[3]};
  g.append(op);
}

void add_depth_to_space(Generator& g) {
  append_tile(g, {1, 4, 1, 1});
  DepthToSpace op;
  op.block = 2;
  op.square_first = g.coin();
  g.append(op);
}

void add_space_to_depth(Generator& g) {
  append_tile(g, {1, 1, 2, 2});
  SpaceToDepth op;
  op.block = 2;
  g.append(op);
}

void add_resize(Generator& g) {
  const Shape x = g.shape();
  Resize op;
  op.mode = static_cast<ResizeMode>(g.below(3));
  static constexpr ResizeCoordinates kPlaces[] = {ResizeCoordinates::kHalfPixel, ResizeCoordinates::kPytorchHalfPixel,
                                                  ResizeCoordinates::kAlignCorners, ResizeCoordinates::kAsymmetric};
  op.coordinates = kPlaces[g.below(4)];
  if (op.mode == ResizeMode::kNearest) op.rounding = static_cast<ResizeRounding>(g.below(4));
  if (op.mode == ResizeMode::kCubic) op.cubic_a = -0.5f;
  if (op.mode != ResizeMode::kNearest) op.exclude_outside = g.coin();
  const std::int64_t factor = 1 + g.below(2);
  op.scales = {1, 1, static_cast<float>(factor), x[3] > 1 ? 0.5f : 1.25f};
  op.sizes = {1, x[1], x[2] * factor, x[3] > 1 ? x[3] / 2 : 1};
  g.append(op);
}

constexpr Layer kLayers[] = {
    add_concat,           add_depth_to_space, add_expand, add_pad,      add_reshapes, add_resize, add_slice_of_the_batch,
    add_slice_with_steps, add_space_to_depth, add_tile,   add_transpose};

}  // namespace

LayerFamily movement_layers() { return kLayers; }

}  // namespace bitloom::onnx_format
