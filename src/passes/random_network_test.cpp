#include "passes/random_network.h"

#include "ir/ops/multi_threshold.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/rescaled.h"
#include "ir/ops/resize.h"
#include "ir/ops/slice.h"
#include "passes/test_networks.h"

namespace bitloom::test_networks {
namespace {

template <class Pool>
Pool random_pool(RandomStream& random, const Shape& map) {
  Pool op;
  PoolWindow& w = op.window;
  const auto at_most = [&](std::int64_t size) { return between(random, 1, static_cast<int>(std::min<std::int64_t>(size, 3))); };
  w.kernel_h = at_most(map[2]), w.kernel_w = at_most(map[3]);
  w.stride_h = between(random, 1, 2), w.stride_w = between(random, 1, 2);
  w.pad_top = between(random, 0, w.kernel_h - 1), w.pad_left = between(random, 0, w.kernel_w - 1);
  w.pad_bottom = between(random, 0, w.kernel_h - 1), w.pad_right = between(random, 0, w.kernel_w - 1);
  if (2 * w.kernel_h - 1 <= map[2]) w.dilation_h = between(random, 1, 2);
  if (2 * w.kernel_w - 1 <= map[3]) w.dilation_w = between(random, 1, 2);
  return op;
}

void add_random_pool(Builder& builder, RandomStream& random) {
  switch (between(random, 0, 2)) {
    case 0:
      builder.then(random_pool<MaxPool2d>(random, builder.current()->shape()));
      break;
    case 1: {
      auto pool = random_pool<AveragePool2d>(random, builder.current()->shape());
      pool.count_include_pad = true;
      builder.then(pool);
      break;
    }
    default:
      break;
  }
}

/// x * hard sigmoid of x, as exporters write it out, with numbers for 3 and 6.
void add_written_out_hard_swish(Builder& builder) {
  Graph& graph = builder.graph;
  Value* x = builder.current();
  const auto number = [&](float value) { return graph.add_constant("number", Tensor({1}, {value})); };
  Clip clip;
  clip.low = 0, clip.high = 6;
  Value* gate = graph.add("", clip, {graph.add("", Add{}, {number(3), x})});
  builder.becomes(graph.add("", Div{}, {graph.add("", Mul{}, {x, gate}), number(6)}));
}

void add_random_activation(Builder& builder, RandomStream& random) {
  Clip clip;
  clip.low = static_cast<float>(between(random, -2, 0)) / 2, clip.high = static_cast<float>(between(random, 1, 12)) / 2;
  switch (between(random, 0, 8)) {
    case 0:
      builder.then(Tanh{});
      break;
    case 1:
      builder.then(Sigmoid{});
      break;
    case 2:
      break;
    case 3:
      builder.then(clip);
      break;
    case 4:
      builder.then(LeakyRelu{}).then(clip);
      break;
    case 5:
      add_written_out_hard_swish(builder);
      break;
    default:
      builder.then(Relu{});
      break;
  }
}

/// One operator that only moves elements of a map, or none.
void add_random_move(Builder& builder, RandomStream& random) {
  const Shape& map = builder.current()->shape();
  switch (between(random, 0, 5)) {
    case 0: {
      Pad pad;
      pad.mode = between(random, 0, 1) ? PadMode::kEdge : PadMode::kConstant;
      pad.before = {0, 0, between(random, 0, 1), 1}, pad.after = {0, 0, 1, between(random, 0, 1)};
      builder.then(pad);
      break;
    }
    case 1: {
      Slice slice;
      slice.axes = {2}, slice.starts = {map[2] - 1}, slice.steps = {-1}, slice.lengths = {map[2]};
      builder.then(slice);
      break;
    }
    case 2: {
      Transpose transpose;
      transpose.perm = {0, 1, 3, 2};
      builder.then(transpose);
      break;
    }
    case 3: {
      Resize resize;
      resize.coordinates = ResizeCoordinates::kAsymmetric;
      resize.sizes = {1, map[1], map[2] + 2, map[3] + 1};
      resize.scales = {1, 1, static_cast<float>(map[2] + 2) / static_cast<float>(map[2]), static_cast<float>(map[3] + 1) / static_cast<float>(map[3])};
      builder.then(resize);
      break;
    }
    default:
      break;
  }
}

/// The map beside what a convolution makes of it, and then one activation for both, or none.
void add_random_concat(Builder& builder, RandomStream& random) {
  Value* first = builder.current();
  builder.conv(between(random, 1, 2), 1);
  if (between(random, 0, 1)) builder.then(Relu{});
  Concat concat;
  concat.axis = 1;
  builder.becomes(builder.graph.add("", concat, {builder.current(), first}));
  if (between(random, 0, 3) == 0) builder.then(LeakyRelu{});
}

/// A squeeze and excitation: every channel times what a small network makes of the means of all.
void add_random_gate(Builder& builder, RandomStream& random) {
  Value* map = builder.current();
  AveragePool2d mean;
  mean.window.kernel_h = static_cast<int>(map->shape()[2]), mean.window.kernel_w = static_cast<int>(map->shape()[3]);
  builder.then(mean).conv(static_cast<int>(map->shape()[1]), 1);
  if (between(random, 0, 1)) builder.then(HardSigmoid{});
  builder.becomes(builder.graph.add("", Mul{}, {map, builder.current()}));
  if (between(random, 0, 1)) builder.then(Relu{});
}

void add_random_conv(Builder& builder, RandomStream& random, int groups) {
  Conv2d op;
  op.groups = groups;
  op.stride_h = between(random, 1, 2), op.stride_w = between(random, 1, 2);
  op.dilation_h = between(random, 1, 2);
  op.pad_top = between(random, 0, 2), op.pad_left = between(random, 0, 2), op.pad_bottom = between(random, 0, 2),
  op.pad_right = between(random, 0, 2);
  builder.conv(op, groups * between(random, 1, 3), between(random, 1, 3), between(random, 1, 3));
}

/// A convolution around which what goes in is added again, as in a residual network.
void add_random_residual(Builder& builder, RandomStream& random) {
  Value* skip = builder.current();
  builder.conv(static_cast<int>(skip->shape()[1]), 3, 1);
  if (between(random, 0, 1)) builder.then(Relu{});
  builder.plus(skip);
  if (between(random, 0, 1)) builder.then(Relu{});
}

}  // namespace

Graph random_network(RandomStream& random) {
  const int groups = between(random, 1, 2), channels = groups * between(random, 1, 2);
  Builder builder(random, {1, channels, between(random, 9, 12), between(random, 9, 12)});
  add_random_conv(builder, random, groups);
  add_random_activation(builder, random);
  if (between(random, 0, 1)) add_random_residual(builder, random);
  if (between(random, 0, 2) == 0) add_random_concat(builder, random);
  if (between(random, 0, 2) == 0) add_random_gate(builder, random);
  add_random_move(builder, random);
  add_random_pool(builder, random);
  if (builder.current()->shape()[2] > 4 && builder.current()->shape()[3] > 2) add_random_conv(builder, random, 1);
  add_random_activation(builder, random);
  add_random_pool(builder, random);
  builder.gemm(between(random, 2, 6));
  add_random_activation(builder, random);
  if (between(random, 0, 3)) builder.gemm(4).then(Softmax{});
  Graph graph = builder.finish();
  if (between(random, 0, 1)) graph.preprocessing = {0, 1, std::vector<float>(static_cast<std::size_t>(channels), 0.3f), {}};
  return graph;
}

bool stands_for_a_quantize(const Value& value) {
  const Node* node = value.producer();
  if (value.name().ends_with(".exact")) return false;  // of a pair, what a Requantize or MultiThreshold narrows
  if (!node || node->is<Requantize>() || node->is<MultiThreshold>() || node->is<RescaledAdd>() || node->is<RescaledMul>() ||
      node->is<Concat>())
    return true;
  const bool is_part_of_concat = value.name().find(".rescale") != std::string::npos && !value.consumers().empty() && value.consumers().front()->is<Concat>();
  return node->is<LookupTable>() && !is_part_of_concat;
}

}  // namespace bitloom::test_networks
