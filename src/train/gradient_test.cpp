#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "ir/ops/batch_norm.h"
#include "ir/ops/conv_transpose2d.h"
#include "ir/ops/layer_norm.h"
#include "ir/ops/lrn.h"
#include "ir/ops/matmul.h"
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

TEST(Executor, TrainsThroughSimulatedQuantizationAsIfRoundingWereTheIdentityAndStopsAtTheClamp) {
  TestGraph t(kSeed);
  Value* x = t.image({1, 1});
  Value* w = t.graph.add_constant("w", Tensor(Shape{2, 1}, std::vector<float>{0.53f, 9.0f}));
  Quantize quantize;
  quantize.quantization = {{0.05f}, 0, -1};  // int8: clamps at 6.35
  const Graph graph = t.finish(t.graph.add("", Dequantize{}, {t.graph.add("", quantize, {t.graph.add("", Gemm{}, {x, w})})}));
  Parameters parameters(graph);
  Executor executor(graph, parameters);
  executor.input(1)[0] = 1;
  const auto y = executor.forward(Mode::kTrain);
  EXPECT_FLOAT_EQ(y[0], 0.55f);  // 0.53 / 0.05 = 10.6 rounds to 11
  EXPECT_FLOAT_EQ(y[1], 6.35f);
  executor.backward(std::vector<float>{1, 1});
  std::vector<float> gradient(2);
  executor.add_gradient(gradient);
  EXPECT_THAT(gradient, testing::ElementsAre(testing::FloatEq(1), 0));
}

}  // namespace
}  // namespace bitloom::train
