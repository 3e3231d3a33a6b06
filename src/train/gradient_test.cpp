#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "ir/ops/batch_norm.h"
#include "ir/ops/conv_nd.h"
#include "ir/ops/conv_transpose2d.h"
#include "ir/ops/layer_norm.h"
#include "ir/ops/lrn.h"
#include "ir/ops/matmul.h"
#include "ir/ops/multi_threshold.h"
#include "ir/ops/pool_nd.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/reduce.h"
#include "ir/ops/resize.h"
#include "ir/ops/slice.h"
#include "train/executor.h"
#include "train/loss.h"
#include "train/test_graphs.h"

namespace bitloom::train {
namespace {

constexpr std::uint64_t kSeed = 20240607;

/// Loss of a training pass over fixed images, as a function of the parameters.
class GradientCheck {
 public:
  GradientCheck(const Graph& graph, std::int64_t images) : graph_(graph), parameters_(graph), executor_(graph, parameters_) {
    RandomStream random({kSeed, 2});
    const std::int64_t classes = graph.outputs().front()->shape()[1];
    for (std::int64_t n = 0; n < images; ++n)
      labels_.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(classes))));
    input_.resize(static_cast<std::size_t>(images * graph.inputs().front()->shape().elements()));
    for (float& x : input_) x = static_cast<float>(random.uniform(-1, 1));
  }

  double loss(std::vector<float>* gradient = nullptr) {
    std::ranges::copy(input_, executor_.input(static_cast<std::int64_t>(labels_.size())).begin());
    const auto logits = executor_.forward(Mode::kTrain);
    std::vector<float> logit_gradient(logits.size());
    const Loss loss = cross_entropy(logits, labels_, 1, logit_gradient);
    if (gradient) {
      gradient->assign(parameters_.trainable.size(), 0);
      executor_.backward(logit_gradient);
      executor_.add_gradient(*gradient);
    }
    return loss.sum;
  }

  /// Compares the gradient along random directions, one per parameter tensor, with a central difference.
  void run(double tolerance) {
    std::vector<float> gradient;
    loss(&gradient);
    RandomStream random({kSeed, 3});
    for (const Parameters::Slice& slice : parameters_.slices()) {
      if (slice.role != OperandRole::kParameter) continue;
      const std::span<float> memory = parameters_.memory(slice);
      const std::vector<float> start(memory.begin(), memory.end());
      std::vector<double> direction;
      double length = 0, expected = 0;
      for (std::size_t i = 0; i < memory.size(); ++i) {
        direction.push_back(random.normal());
        length += direction.back() * direction.back();
        expected += direction.back() * double{gradient[static_cast<std::size_t>(slice.offset) + i]};
      }
      length = std::sqrt(length);
      const auto loss_at = [&](double distance) {
        for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<float>(start[i] + distance * direction[i] / length);
        return loss();
      };
      constexpr double kStep = 2e-3;
      const double slope = (loss_at(kStep) - loss_at(-kStep)) / (2 * kStep);
      std::ranges::copy(start, memory.begin());
      EXPECT_NEAR(slope, expected / length, tolerance * std::max(1.0, std::abs(slope))) << slice.value->name();
    }
  }

 private:
  const Graph& graph_;
  Parameters parameters_;
  Executor executor_;
  std::vector<std::int32_t> labels_;
  std::vector<float> input_;
};

TEST(Executor, GradientAgreesWithFiniteDifferencesThroughConvolutionReluPoolAndTwoFullyConnectedLayers) {
  TestGraph t(kSeed);
  Value* x = t.graph.add("", Relu{}, {t.conv(t.image({1, 2, 8, 8}), 6, 3, {.top = 1, .right = 1})});
  x = t.graph.add("", Flatten{}, {t.max_pool(x, kHalf)});
  const Graph graph = t.finish(t.gemm(t.graph.add("", Tanh{}, {t.gemm(x, 8)}), 3));
  GradientCheck(graph, 5).run(0.02);
}

TEST(Executor, GradientAgreesWithFiniteDifferencesThroughBatchNormAResidualSigmoidAndAveragePool) {
  TestGraph t(kSeed);
  Value* x = t.conv(t.image({1, 2, 6, 6}), 4, 3);
  Value* normalized = t.graph.add("", BatchNorm{}, {x, t.constant({4}, 0.5, 2), t.constant({4}), t.constant({4}), t.constant({4}, 0.5, 2)});
  Value* branch = t.graph.add("", Sigmoid{}, {normalized});
  branch = t.conv(branch, 4, 3, {.top = 1, .left = 1, .bottom = 1, .right = 1, .groups = 2});
  x = t.average_pool(t.graph.add("", Add{}, {normalized, branch}), kHalf);
  const Graph graph = t.finish(t.gemm(t.graph.add("", Flatten{}, {x}), 3));
  GradientCheck(graph, 7).run(0.02);
}

TEST(Executor, GradientAgreesWithFiniteDifferencesThroughBatchNormsWithTheirActivations) {
  TestGraph t(kSeed);
  const auto batch_norm = [&](Value* x, std::int64_t c) {
    return t.graph.add("", BatchNorm{}, {x, t.constant({c}, 0.5, 2), t.constant({c}), t.constant({c}), t.constant({c}, 0.5, 2)});
  };
  Clip clip;
  clip.low = -0.5f;
  clip.high = 1.5f;
  Value* x = t.graph.add("", Relu{}, {batch_norm(t.conv(t.image({1, 2, 6, 6}), 4, 3), 4)});
  x = t.graph.add("", clip, {batch_norm(t.conv(x, 6, 3), 6)});
  x = t.graph.add("", Relu{}, {batch_norm(t.gemm(t.graph.add("", Flatten{}, {x}), 8), 8)});
  const Graph graph = t.finish(t.gemm(x, 3));
  GradientCheck(graph, 9).run(0.03);
}

TEST(Executor, GradientAgreesWithFiniteDifferencesThroughBatchNormsThatTakeTheResidualConnectionBehindThem) {
  TestGraph t(kSeed);
  const auto batch_norm = [&](Value* x, std::int64_t c) {
    return t.graph.add("", BatchNorm{}, {x, t.constant({c}, 0.5, 2), t.constant({c}), t.constant({c}), t.constant({c}, 0.5, 2)});
  };
  const auto branch = [&](Value* x) { return batch_norm(t.conv(x, 4, 3, {.top = 1, .left = 1, .bottom = 1, .right = 1}), 4); };
  Value* x = t.conv(t.image({1, 2, 6, 6}), 4, 3);
  x = t.graph.add("", Relu{}, {t.graph.add("", Add{}, {x, branch(x)})});
  x = t.graph.add("", Relu{}, {t.graph.add("", Add{}, {branch(x), branch(x)})});  // of two norms, as where a block changes the channels
  x = t.graph.add("", Add{}, {branch(x), x});                                     // without an activation, as in MobileNetV2
  const Graph graph = t.finish(t.gemm(t.graph.add("", Flatten{}, {x}), 3));
  GradientCheck(graph, 9).run(0.03);
}

TEST(Executor, GradientAgreesWithFiniteDifferencesThroughTransposedConvolutionNormalizationsAndAMatrixProduct) {
  TestGraph t(kSeed);
  ConvTranspose2d up;
  up.stride_h = up.stride_w = 2;
  up.pad_top = 1;  // one-sided: cropped by a pad of its own
  Value* x = t.graph.add("", up, {t.image({1, 2, 3, 3}), t.constant({2, 4, 3, 3}), t.constant({4})});
  x = t.graph.add("", InstanceNorm{}, {x, t.constant({4}, 0.5, 2), t.constant({4})});
  Lrn lrn;
  lrn.size = 3;
  lrn.alpha = 0.1f;
  LayerNorm layer;
  layer.axis = 3;
  x = t.graph.add("", lrn, {x});
  x = t.graph.add("", layer, {x, t.constant({7}, 0.5, 2), t.constant({7})});
  x = t.graph.add("", MatMul{}, {x, t.constant({7, 5})});
  ReduceLogSumExp sum;
  sum.axes = {2, 3};
  sum.keep_dims = false;
  const Graph graph = t.finish(t.gemm(t.graph.add("", sum, {x}), 3));
  GradientCheck(graph, 6).run(0.02);
}

TEST(Executor, GradientAgreesWithFiniteDifferencesThroughDataMovement) {
  TestGraph t(kSeed);
  Value* x = t.conv(t.image({1, 2, 5, 5}), 4, 2);
  Resize resize;
  resize.mode = ResizeMode::kCubic;
  resize.sizes = {1, 4, 7, 6};
  resize.scales = {1, 1, 7.0f / 4, 6.0f / 4};
  Pad pad;
  pad.mode = PadMode::kReflect;
  pad.before = {0, 0, 1, 0};
  pad.after = {0, 0, 0, 2};
  Concat concat;
  concat.axis = 1;
  Value* larger = t.graph.add("", pad, {t.graph.add("", resize, {x})});
  Value* joined = t.graph.add("", concat, {larger, larger});
  DepthToSpace spread;
  spread.block = 2;
  Transpose turn;
  turn.perm = {0, 2, 1, 3};
  x = t.graph.add("", turn, {t.graph.add("", spread, {joined})});
  const Graph graph = t.finish(t.gemm(t.graph.add("", Flatten{}, {x}), 3));
  GradientCheck(graph, 5).run(0.02);
}

TEST(Executor, GradientAgreesWithFiniteDifferencesThroughWindowsOverVolumes) {
  TestGraph t(kSeed);
  ConvNd conv;
  conv.window = WindowNd(3);
  conv.window.kernel = {2, 3, 2};
  conv.window.pads_begin = {1, 0, 0};
  conv.groups = 2;
  AveragePoolNd pool;
  pool.window = WindowNd(3);
  pool.window.kernel = {2, 1, 2};
  pool.window.pads_end = {0, 0, 1};
  ConvTransposeNd up;
  up.window = WindowNd(3);
  up.window.kernel = {1, 2, 2};
  up.window.strides = {1, 2, 1};
  up.window.pads_begin = {0, 1, 0};
  up.output_pads = {0, 0, 0};
  Value* x = t.graph.add("", conv, {t.image({1, 2, 3, 4, 3}), t.constant({4, 1, 2, 3, 2}), t.constant({4})});
  x = t.graph.add("", pool, {t.graph.add("", Sigmoid{}, {x})});
  x = t.graph.add("", up, {x, t.constant({4, 2, 1, 2, 2}), t.constant({2})});
  const Graph graph = t.finish(t.gemm(t.graph.add("", Flatten{}, {x}), 3));
  GradientCheck(graph, 5).run(0.02);
}

/// What a graph that quantizes two weights, each times an input of 1, computes in training, and the gradient of the sum of its outputs.
struct Trained {
  std::vector<float> outputs, gradient;
};

template <class Quantizer>
Trained trained_once(std::vector<float> weights, Quantizer quantizer, const std::vector<Tensor>& more = {}) {
  TestGraph t(kSeed);
  Value* w = t.graph.add_constant("w", Tensor(Shape{2, 1}, std::move(weights)));
  std::vector<Value*> operands{t.graph.add("", Gemm{}, {t.image({1, 1}), w})};
  for (const Tensor& tensor : more) operands.push_back(t.graph.add_constant("", tensor));
  const Graph graph = t.finish(t.graph.add("", Dequantize{}, {t.graph.add("", quantizer, operands)}));
  Parameters parameters(graph);
  Executor executor(graph, parameters);
  executor.input(1)[0] = 1;
  const auto y = executor.forward(Mode::kTrain);
  Trained result{{y.begin(), y.end()}, std::vector<float>(2)};
  executor.backward(std::vector<float>{1, 1});
  executor.add_gradient(result.gradient);
  return result;
}

using testing::ElementsAre;
using testing::FloatEq;

TEST(Executor, TrainsThroughSimulatedQuantizationAsIfRoundingWereTheIdentityAndStopsAtTheClamp) {
  Quantize quantize;
  quantize.quantization = {{0.05f}, 0, -1};  // int8: clamps at 6.35
  const Trained trained = trained_once({0.53f, 9.0f}, quantize);
  EXPECT_THAT(trained.outputs, ElementsAre(FloatEq(0.55f), FloatEq(6.35f)));  // 0.53 / 0.05 = 10.6 rounds to 11
  EXPECT_THAT(trained.gradient, ElementsAre(FloatEq(1), 0));
}

TEST(Executor, TrainsThroughDroppedBitsAsIfTheyStayedAndStopsAtTheClamp) {
  Trunc trunc;
  trunc.input = {{0.25f}, 0, -1};
  trunc.quantization = {{1}, 0, -1};
  trunc.shift = 2;
  trunc.element = ElementType::integer(3, true);  // up to 3
  const Trained trained = trained_once({1.75f, 9.0f}, trunc);
  EXPECT_THAT(trained.outputs, ElementsAre(1, 3));
  EXPECT_THAT(trained.gradient, ElementsAre(FloatEq(1), 0));
}

TEST(Executor, TrainsThroughThresholdsAsIfTheyWereALine) {
  MultiThreshold steps;
  steps.quantization = {{0.5f}, 0, -1};
  const Tensor every_quarter({1, 3}, {0, 0.25f, 0.5f});
  const Trained trained = trained_once({0.3f, 9.0f}, steps, {every_quarter});
  EXPECT_THAT(trained.outputs, ElementsAre(1, 1.5f));
  EXPECT_THAT(trained.gradient, ElementsAre(FloatEq(2), 0));  // 0.5 a step of 0.25

  MultiThreshold sign;
  sign.element = ElementType::bipolar();
  sign.quantization = {{2}, 0, -1};
  const Trained signs = trained_once({-1.5f, 2.5f}, sign, {Tensor({1, 1}, {0})});
  EXPECT_THAT(signs.outputs, ElementsAre(-2, 2));
  EXPECT_THAT(signs.gradient, ElementsAre(FloatEq(1), 0)) << "of the identity between -scale and scale";
}

}  // namespace
}  // namespace bitloom::train
