#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ir/graph.h"
#include "train/device.h"
#include "train/parameters.h"
#include "train/precision.h"

namespace bitloom::train {

enum class Mode { kEvaluate, kTrain };

/// Runs a float or QDQ graph on batches with LibTorch, and gives the gradient of its parameters. Everything is looked up once, when it is
/// made; a pass is a walk over a list. Several executors may share one Parameters and run at the same time, each in its own thread,
/// unless the graph holds BatchNorm or observed ranges, which a training pass writes.
class Executor {
 public:
  /// `graph` and `parameters` (made from it) must outlive the executor, and the arrays of `parameters` must not be resized.
  /// @param device     a GPU works on copies: each pass begins by fetching `parameters`, and a training one ends by giving statistics back
  /// @param precision  of kTrain passes; kFloat64: of kEvaluate ones, the only ones then, with the parameters as they are now
  /// @throws InputError naming a node whose operator LibTorch cannot run here
  Executor(const Graph& graph, Parameters& parameters, const Device& device = {}, Precision precision = Precision::kFloat32);
  Executor(Executor&&) noexcept;
  ~Executor();

  // The fast way, for a graph with one input and one output.
  /// Memory for `images` inputs, each height x width x channels (channels innermost). Valid until the next call.
  std::span<float> input(std::int64_t images);
  /// Runs what was put into `input`. Images times outputs, row by row; valid until the next pass.
  std::span<const float> forward(Mode mode);
  /// Gradient of `parameters.trainable` from that of the result of the last pass, which was a kTrain one.
  void backward(std::span<const float> output_gradient);
  /// From the next pass on, BatchNorm takes its running statistics in kTrain, too, and leaves them as they are.
  void freeze_batch_norm();
  /// From the next pass on, quantizers that follow the ranges of activations stay as they are.
  void freeze_observers();
  /// Adds the gradient that `backward` found to `sum`, which is laid out as `parameters.trainable`.
  void add_gradient(std::span<float> sum) const;

  /// The general way: tensors in (one per graph input, any N), tensors out (one per graph output).
  std::vector<Tensor> run(const std::vector<Tensor>& inputs, Mode mode);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bitloom::train
