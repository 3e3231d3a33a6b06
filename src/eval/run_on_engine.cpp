#include "eval/run_on_engine.h"

#include <algorithm>

#include "base/parallel.h"
#include "eval/workspace_pool.h"

namespace bitloom {
namespace {

constexpr std::int64_t kMostImages = 64, kMostBytes = std::int64_t{1} << 20;  // of a batch and what is observed of it: what caches hold

/// Images in a batch: few enough for the memory, and no fewer than threads.
std::int64_t batch_size(const Graph& part) {
  std::int64_t elements = part.inputs().front()->shape().elements();
  for (const Value* output : part.outputs()) elements += output->shape().elements();
  const std::int64_t fitting = kMostBytes / static_cast<std::int64_t>(sizeof(float)) / std::max<std::int64_t>(1, elements);
  return std::clamp<std::int64_t>(fitting, default_threads(), std::max<std::int64_t>(kMostImages, default_threads()));
}

class EngineRun {
 public:
  EngineRun(const Graph& part, const Observe& observe) : part_(part), observe_(observe), engine_(part), workspaces_(engine_), most_(batch_size(part)) {}

  void add(const Tensor& input) {
    inputs_.push_back({input});
    if (static_cast<std::int64_t>(inputs_.size()) == most_) flush();
  }

  void flush() {
    if (inputs_.empty()) return;
    results_.resize(inputs_.size());
    std::vector<std::exception_ptr> failures(inputs_.size());  // the first image's is the one to throw, whatever thread came first
    parallel_for(static_cast<std::int64_t>(inputs_.size()), [&](std::int64_t i) {
      const auto at = static_cast<std::size_t>(i);
      try {
        results_[at] = run(inputs_[at], done_ + i);
      } catch (...) {
        failures[at] = std::current_exception();
      }
    });
    for (const std::exception_ptr& failure : failures)
      if (failure) std::rethrow_exception(failure);
    done_ += static_cast<std::int64_t>(inputs_.size());
    inputs_.clear();
    observe_(results_);
  }

 private:
  std::vector<Tensor> run(const std::vector<Tensor>& inputs, std::int64_t image) {
    const Value& input = *part_.inputs().front();
    if (const auto bad = first_not_finite(inputs.front().floats())) refuse_not_finite(where_of(part_, input), *bad, image);
    const auto workspace = workspaces_.take();
    std::vector<Tensor> outputs = engine_.run(inputs, *workspace, [&](const std::string& node, std::span<const float> values) {
      if (const auto bad = first_not_finite(values)) refuse_not_finite(where_of_node(node), *bad, image);
    });
    workspaces_.give_back(workspace);
    return outputs;
  }

  std::string where_of_node(const std::string& name) const {
    for (const Node* node : part_.nodes())
      if (node->name() == name) return node->where();
    return part_.name();
  }

  const Graph& part_;
  const Observe& observe_;
  const engine::Engine engine_;
  WorkspacePool workspaces_;
  const std::int64_t most_;
  std::int64_t done_ = 0;
  std::vector<std::vector<Tensor>> inputs_, results_;
};

}  // namespace

void run_on_engine(const Graph& graph, const std::vector<const Value*>& values, const CalibrationImages& images, const Observe& observe) {
  const Graph part = part_that_computes(graph, values);
  EngineRun run(part, observe);
  images([&](const Tensor& input) { run.add(input); });
  run.flush();
}

}  // namespace bitloom
