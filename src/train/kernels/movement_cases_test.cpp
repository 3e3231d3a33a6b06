#include "ir/ops/gather.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/resize.h"
#include "ir/ops/scan.h"
#include "ir/ops/slice.h"
#include "train/kernels/cases.h"

namespace bitloom::train {
namespace {

/// One node of `op`, whose operands behind the image are constants.
template <class T>
Graph with(TestGraph& t, T op, Shape image, std::vector<Tensor> constants = {}) {
  std::vector<Value*> inputs{t.image(std::move(image))};
  for (Tensor& constant : constants) inputs.push_back(t.graph.add_constant("", std::move(constant)));
  return t.finish(t.graph.add("", std::move(op), std::move(inputs)));
}

Graph reshape(TestGraph& t, Shape from, Shape to) {
  Reshape op;
  op.shape = std::move(to);
  return with(t, op, std::move(from));
}

Graph transpose(TestGraph& t, std::vector<int> perm) {
  Transpose op;
  op.perm = std::move(perm);
  return with(t, op, {1, 3, 5, 6});
}

Graph slice(TestGraph& t, std::int64_t start, std::int64_t step, std::int64_t length) {
  Slice op;
  op.axes = {0, 3};
  op.starts = {0, start};
  op.steps = {1, step};
  op.lengths = {1, length};
  return with(t, op, {1, 2, 3, 9});
}

Graph pad(TestGraph& t, PadMode mode) {
  Pad op;
  op.mode = mode;
  op.before = {0, 0, 2, -1};
  op.after = {0, mode == PadMode::kConstant ? 1 : 0, 0, 3};
  if (mode == PadMode::kConstant) op.value = 0.5;
  return with(t, op, {1, 2, 4, 5});
}

Graph resize(TestGraph& t, ResizeMode mode, ResizeCoordinates coordinates) {
  Resize op;
  op.mode = mode;
  op.coordinates = coordinates;
  op.sizes = {1, 2, 9, 3};
  op.scales = {1, 1, 9.0f / 5, 0.5f};
  if (coordinates == ResizeCoordinates::kTfCropAndResize) {
    op.roi = {0, 0, -0.2f, 0.1f, 1, 1, 1.1f, 0.9f};
    op.extrapolation_value = 3;
  }
  return with(t, op, {1, 2, 5, 6});
}

}  // namespace

std::vector<Case> movement_cases() {
  return {
      {"ConcatOfChannels",
       [](TestGraph& t) {
         Concat op;
         op.axis = 1;
         Value* x = t.image({1, 3, 4, 5});
         return t.finish(t.graph.add("", op, {x, t.conv(x, 2, 1)}));
       }},
      {"ConcatWithAConstant",
       [](TestGraph& t) {
         Concat op;
         op.axis = 2;
         op.count = 3;
         Value *x = t.image({1, 3, 4}), *constant = t.constant({1, 3, 1});
         return t.finish(t.graph.add("", op, {constant, x, constant}));
       }},
      {"CumSum",
       [](TestGraph& t) {
         CumSum op;
         op.axis = 2;
         return with(t, op, {1, 2, 4, 3});
       }},
      {"CumSumExclusiveInReverse",
       [](TestGraph& t) {
         CumSum op;
         op.axis = 1;
         op.exclusive = op.reverse = true;
         return with(t, op, {1, 5});
       }},
      {"DepthToSpace",
       [](TestGraph& t) {
         DepthToSpace op;
         op.block = 2;
         return with(t, op, {1, 8, 3, 2});
       }},
      {"DepthToSpaceWithTheSquareLast",
       [](TestGraph& t) {
         DepthToSpace op;
         op.block = 2;
         op.square_first = false;
         return with(t, op, {1, 8, 3, 2});
       }},
      {"Expand",
       [](TestGraph& t) {
         Expand op;
         op.shape = {1, 3, 4, 5};
         return with(t, op, {1, 3, 1, 5});
       }},
      {"Gather",
       [](TestGraph& t) {
         Gather op;
         op.axis = 1;
         return with(t, op, {1, 4, 3, 2}, {Tensor::int64({2, 2}, {3, 0, -1, 1})});
       }},
      {"GatherElements",
       [](TestGraph& t) {
         GatherElements op;
         op.axis = 1;
         return with(t, op, {1, 4, 2}, {Tensor::int64({1, 3, 2}, {3, 0, -1, 1, 2, 2})});
       }},
      {"GatherND",
       [](TestGraph& t) {
         GatherND op;
         op.batch_dims = 1;
         return with(t, op, {1, 4, 3, 2}, {Tensor::int64({1, 2, 2}, {3, 0, -1, 1})});
       }},
      {"OneHot",
       [](TestGraph& t) {
         OneHot op;
         op.axis = 1;
         op.depth = 3;
         op.off = -1;
         Value* beyond_one = t.gemm(t.image({1, 40}), 6);
         return t.finish(t.graph.add("", op, {beyond_one}));
       }},
      {"PadWithAValue", [](TestGraph& t) { return pad(t, PadMode::kConstant); }},
      {"PadWithTheEdge", [](TestGraph& t) { return pad(t, PadMode::kEdge); }},
      {"PadWithTheMirrorImage", [](TestGraph& t) { return pad(t, PadMode::kReflect); }},
      {"PadWithTheOtherSide", [](TestGraph& t) { return pad(t, PadMode::kWrap); }},
      {"Reshape", [](TestGraph& t) { return reshape(t, {1, 4, 3, 2}, {1, 2, 12}); }},
      {"ReshapeToImages", [](TestGraph& t) { return reshape(t, {1, 24}, {1, 4, 3, 2}); }},
      {"ResizeNearest", [](TestGraph& t) { return resize(t, ResizeMode::kNearest, ResizeCoordinates::kAsymmetric); }},
      {"ResizeLinear", [](TestGraph& t) { return resize(t, ResizeMode::kLinear, ResizeCoordinates::kHalfPixel); }},
      {"ResizeCubic", [](TestGraph& t) { return resize(t, ResizeMode::kCubic, ResizeCoordinates::kAlignCorners); }},
      {"ResizeOfARegion", [](TestGraph& t) { return resize(t, ResizeMode::kLinear, ResizeCoordinates::kTfCropAndResize); }},
      {"ScatterElements",
       [](TestGraph& t) {
         ScatterElements op;
         op.axis = 2;
         Value* x = t.image({1, 2, 5});
         Value* indices = t.graph.add_constant("", Tensor::int64({1, 2, 2}, {0, 3, -1, 1}));
         return t.finish(t.graph.add("", op, {x, indices, t.image({1, 2, 2})}));
       }},
      {"Slice", [](TestGraph& t) { return slice(t, 1, 3, 3); }},
      {"SliceBackwards", [](TestGraph& t) { return slice(t, 7, -2, 4); }},
      {"SpaceToDepth",
       [](TestGraph& t) {
         SpaceToDepth op;
         op.block = 2;
         return with(t, op, {1, 3, 4, 6});
       }},
      {"Tile",
       [](TestGraph& t) {
         Tile op;
         op.repeats = {1, 2, 3, 1};
         return with(t, op, {1, 3, 2, 2});
       }},
      {"TransposeToChannelsLast", [](TestGraph& t) { return transpose(t, {0, 2, 3, 1}); }},
      {"TransposeOfTheImagePlane", [](TestGraph& t) { return transpose(t, {0, 1, 3, 2}); }},
  };
}

}  // namespace bitloom::train
