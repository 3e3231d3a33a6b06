#include "train/batch_statistics.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ir/ops/batch_norm.h"
#include "ir/ops/fake_quantize.h"
#include "train/backend.h"
#include "train/batch_loader.h"
#include "train/executor.h"

namespace bitloom::train {
namespace {

constexpr int kMean = 3, kVariance = 4;  // operands of BatchNorm

/// Mean, and sum of squared distances from it, of the batches so far: a number a channel.
class Pool {
 public:
  explicit Pool(std::size_t channels) : mean_(channels), squares_(channels) {}

  /// Puts two sets of numbers together by the pairwise formula of Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance".
  /// @param variance  with rows - 1 in the divisor
  void add(std::span<const float> mean, std::span<const float> variance, std::int64_t rows) {
    const auto old = static_cast<double>(rows_), more = static_cast<double>(rows), all = old + more;
    for (std::size_t c = 0; c < mean_.size(); ++c) {
      const double distance = double{mean[c]} - mean_[c];
      mean_[c] += distance * more / all;
      squares_[c] += double{variance[c]} * std::max(1.0, more - 1) + distance * distance * old * more / all;
    }
    rows_ += rows;
  }

  std::vector<float> mean() const { return {mean_.begin(), mean_.end()}; }
  std::vector<float> variance() const {
    std::vector<float> result;
    for (const double sum : squares_) result.push_back(static_cast<float>(sum / std::max(1.0, static_cast<double>(rows_ - 1))));
    return result;
  }

 private:
  std::vector<double> mean_, squares_;
  std::int64_t rows_ = 0;
};

/// Sets weights of which training has quantized a portion so far to what all of them are quantized to.
void quantize_all(const Node& fake) {
  const Tensor* inputs[] = {&fake.input(0)->constant(), &fake.input(1)->constant()};
  Tensor result(fake.output()->type());
  fake.evaluate(inputs, {&result, 1});
  fake.input(0)->set_constant(std::move(result));
}

/// The graph whose training pass leaves a batch's own statistics as the running ones, and nothing else.
Graph of_one_batch(const Graph& graph) {
  Graph result = graph.clone();
  for (Node* node : result.nodes()) {
    if (node->is<BatchNorm>()) static_cast<BatchNorm&>(node->op()).momentum = 0;
    if (!node->is<FakeQuantize>()) continue;
    static_cast<FakeQuantize&>(node->op()).observer_share = 0;
    if (node->as<FakeQuantize>()->estimator == Estimator::kIncremental) quantize_all(*node);
  }
  return result;
}

void set_numbers(Value* constant, std::vector<float> values) { constant->set_constant(Tensor(constant->shape(), std::move(values))); }

}  // namespace

int reestimate_batch_norm(Graph& graph, const Images& images, std::span<const std::uint32_t> indices, const StatisticsOptions& options) {
  const Graph measured = of_one_batch(graph);
  std::vector<const Node*> norms;
  for (const Node* node : measured.nodes_of<BatchNorm>())
    if (!options.frozen.contains(node->name())) norms.push_back(node);
  if (norms.empty()) return 0;
  std::vector<Pool> pools;
  for (const Node* node : norms) pools.emplace_back(static_cast<std::size_t>(node->input(kMean)->shape().elements()));

  Parameters parameters(measured, options.frozen);
  Executor executor(measured, parameters, options.device);
  const BatchLoader loader(measured);
  set_kernel_threads(options.threads);
  const auto total = static_cast<std::int64_t>(indices.size()), batches = (total + options.batch - 1) / options.batch;
  for (std::int64_t b = 0; b < batches; ++b) {
    const std::int64_t first = total * b / batches, count = total * (b + 1) / batches - first;
    const auto batch = indices.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    loader.load(images, batch, {options.augmentation ? &*options.augmentation : nullptr}, executor.input(count), options.threads);
    executor.forward(Mode::kTrain);
    for (std::size_t n = 0; n < norms.size(); ++n) {
      const Shape& x = norms[n]->input(0)->shape();
      const auto memory = [&](int operand) { return parameters.memory(*parameters.find(*norms[n]->input(operand))); };
      pools[n].add(memory(kMean), memory(kVariance), count * x.elements() / x[1]);
    }
  }

  std::size_t n = 0;
  for (Node* node : graph.nodes_of<BatchNorm>()) {
    if (options.frozen.contains(node->name())) continue;
    set_numbers(node->input(kMean), pools[n].mean());
    set_numbers(node->input(kVariance), pools[n].variance());
    ++n;
  }
  return static_cast<int>(norms.size());
}

}  // namespace bitloom::train
