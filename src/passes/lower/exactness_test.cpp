#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ir/ops/resize.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/rescaled.h"
#include "ir/ops/slice.h"
#include "passes/lower/lower.h"
#include "passes/lower/wide_reference.h"
#include "passes/test_networks.h"

/// The integer graph means what the QDQ graph means: bit for bit against a second, wide-integer evaluation, and against the float
/// simulation up to its rounding.
namespace bitloom {
namespace {

using namespace test_networks;

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

/// conv, activation, a residual, a concatenation, a gate and a move or none of them, pool, conv, activation, pool, gemm, activation, gemm, each drawn at random, some left out.
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

/// The integer graph's counterparts of the QDQ graph's Quantize nodes, in order, and its output.
struct IntegerRun {
  std::vector<std::vector<std::int32_t>> stages;
  Tensor output;
};

bool stands_for_a_quantize(const Value& value) {
  const Node* node = value.producer();
  if (!node || node->is<Requantize>() || node->is<RescaledAdd>() || node->is<RescaledMul>() || node->is<Concat>()) return true;
  const bool is_part_of_concat = value.name().find(".rescale") != std::string::npos && !value.consumers().empty() && value.consumers().front()->is<Concat>();
  return node->is<LookupTable>() && !is_part_of_concat;
}

IntegerRun run_integer(const Graph& integer, const Tensor& image) {
  IntegerRun run;
  run.output = Interpreter(integer)
                   .run({quantize_input(integer, image)},
                        [&](const Value& value, const Tensor& tensor) {
                          if (!stands_for_a_quantize(value)) return;
                          run.stages.emplace_back(tensor.integers().begin(), tensor.integers().end());
                        })
                   .front();
  return run;
}

void expect_equal(const Graph& qdq, const Graph& integer, const Tensor& image) {
  const wide_reference::Evaluation expected(qdq, image);
  const IntegerRun actual = run_integer(integer, image);
  ASSERT_EQ(actual.stages, expected.stages);
  const std::int64_t zero = actual.output.type().quantization->zero_point;
  ASSERT_EQ(actual.output.integers().size(), expected.result.size());
  for (std::size_t i = 0; i < expected.result.size(); ++i)
    ASSERT_EQ(actual.output.integers()[i] - zero, static_cast<std::int64_t>(expected.result[i])) << "output " << i;
}

TEST(Lower, EqualsAWideIntegerEvaluationForEveryFormatOnRandomNetworks) {
  for (int weight_bits = 2; weight_bits <= 8; ++weight_bits)
    for (int activation_bits = 2; activation_bits <= 8; ++activation_bits)
      for (int flags = 0; flags < 16; ++flags) {
        QuantizeOptions options;
        options.weight_bits = weight_bits;
        options.activation_bits = activation_bits;
        options.per_channel = flags & 1;
        options.power_of_two = flags & 2;
        options.unsigned_activations = flags & 4;
        options.symmetric_activations = flags & 8;
        SCOPED_TRACE(testing::Message() << "w" << weight_bits << " a" << activation_bits << " flags " << flags);
        RandomStream random(
            {static_cast<std::uint64_t>(weight_bits), static_cast<std::uint64_t>(activation_bits), static_cast<std::uint64_t>(flags)});
        const Graph graph = random_network(random);
        const std::vector<Tensor> images = random_images(graph, random, 3);
        const Graph qdq = quantize_model(graph, feed(images), options), integer = lower(qdq);
        verify(integer);
        for (const Tensor& image : random_images(graph, random, 2)) {
          expect_equal(qdq, integer, image);
          if (testing::Test::HasFatalFailure()) return;
        }
      }
}

/// Half a unit away from an integer, up to the rounding of float32 scales, operands and quotient: each contributes 2^-24 of the sum of the
/// magnitudes that are added, which `reach` bounds in output steps.
bool is_near_a_tie(double exact, double reach) {
  const double distance = std::fabs(exact - std::floor(exact) - 0.5);
  return distance <= 8 * 0x1p-24 * reach;
}

struct Difference {
  std::int64_t values = 0, differing = 0;
};

/// Runs input, conv, relu, Quantize both ways. Every difference must be one step, and at a tie.
Difference compare_with_simulation(const QuantizeOptions& options, std::uint64_t seed) {
  RandomStream random({seed});
  const Graph graph = Builder(random, {1, 2, 16, 16}).conv(8, 5, 2).then(Relu{}).gemm(3).finish();
  const std::vector<Tensor> images = random_images(graph, random, 4);
  const Graph qdq = quantize_model(graph, feed(images), options), integer = lower(qdq);
  const Requantize& requantize = *integer.nodes_of<Requantize>().front()->as<Requantize>();
  Difference difference;
  for (const Tensor& image : images) {
    std::vector<std::int32_t> simulated, exact, sums;
    const auto keep = [](std::vector<std::int32_t>& to, const Tensor& t) { to.assign(t.integers().begin(), t.integers().end()); };
    Interpreter(qdq).run({image}, [&](const Value& value, const Tensor& tensor) {
      if (value.name() == "relu.quantize") keep(simulated, tensor);
    });
    Interpreter(integer).run({quantize_input(integer, image)}, [&](const Value& value, const Tensor& tensor) {
      if (value.name() == "conv") keep(sums, tensor);
      if (value.name() == "conv.requantize") keep(exact, tensor);
    });
    const std::size_t plane = sums.size() / 8;
    for (std::size_t i = 0; i < sums.size(); ++i, ++difference.values) {
      if (simulated[i] == exact[i]) continue;
      ++difference.differing;
      const FixedMultiplier factor = requantize.factors[requantize.factors.size() == 1 ? 0 : i / plane];
      const double step = std::ldexp(static_cast<double>(factor.multiplier), -factor.shift);
      EXPECT_EQ(std::abs(simulated[i] - exact[i]), 1) << "seed " << seed;
      EXPECT_TRUE(is_near_a_tie(sums[i] * step, step * 255 * 127 * 50)) << "seed " << seed << " value " << sums[i] * step;
    }
  }
  return difference;
}

TEST(Lower, TheSimulationDiffersFromTheIntegersOnlyAtTies) {
  for (const bool per_channel : {false, true})
    for (const int bits : {3, 8}) {
      QuantizeOptions options;
      options.per_channel = per_channel;
      options.weight_bits = options.activation_bits = bits;
      Difference all;
      for (std::uint64_t seed = 1; seed <= 25; ++seed) {
        const Difference one = compare_with_simulation(options, seed);
        all.values += one.values;
        all.differing += one.differing;
      }
      RecordProperty(fmt::format("bits_{}_per_channel_{}", bits, per_channel), fmt::format("{} of {}", all.differing, all.values));
      EXPECT_LE(all.differing * 10000, all.values) << all.differing << " of " << all.values;
    }
}

TEST(Lower, WithPowersOfTwoTheSimulationDiffersOnlyAtExactTiesOfTheLayerThatReadsPixels) {
  QuantizeOptions options;
  options.power_of_two = true;
  Difference all;
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    const Difference one = compare_with_simulation(options, seed);
    all.values += one.values;
    all.differing += one.differing;
  }
  RecordProperty("power_of_two", fmt::format("{} of {}", all.differing, all.values));
  // A sum lies exactly half way with probability 2^-shift, here about 2^-10, and the simulation's 1/255 breaks half of these ties.
  EXPECT_LE(all.differing * 250, all.values) << all.differing << " of " << all.values;
}

}  // namespace
}  // namespace bitloom
