// 500 random graphs over the operators that Bitloom writes, computed by the interpreter and by ONNX Runtime.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/random.h"
#include "ir/interpreter.h"
#include "ir/ops/layer_norm.h"
#include "ir/ops/resize.h"
#include "onnx/random_graph.h"
#include "onnx_runtime.h"

namespace bitloom {
namespace {

constexpr int kGraphs = 500;
constexpr double kTolerance = 1e-4, kLeastSize = 0.01;  // so that 1e-6 beside 0 is 0

/// Of floats relative to the value, or to the root mean square of the tensor where the value is smaller: a sum that cancels keeps the
/// rounding errors of its terms. Integers are equal or not.
std::optional<std::string> difference(const Tensor& ours, const Tensor& theirs) {
  if (ours.elements() != theirs.elements() || ours.is_float() != theirs.is_float())
    return fmt::format("{} and {}", to_string(ours.type()), to_string(theirs.type()));
  if (!ours.is_float()) {
    std::optional<std::string> found;
    ours.visit([&](auto mine) {
      using T = std::remove_const_t<typename decltype(mine)::value_type>;
      if constexpr (!std::is_floating_point_v<T>) {
        const auto yours = theirs.values<T>();
        for (std::size_t i = 0; i < mine.size() && !found; ++i)
          if (mine[i] != yours[i]) found = fmt::format("element {}: {} and {}", i, mine[i], yours[i]);
      }
    });
    return found;
  }
  const auto mine = ours.floats(), yours = theirs.floats();
  double squares = 0;
  for (const float y : yours) squares += std::isfinite(y) ? double{y} * y : 0;
  const double size = std::max(std::sqrt(squares / static_cast<double>(std::max<std::size_t>(yours.size(), 1))), kLeastSize);
  for (std::size_t i = 0; i < mine.size(); ++i) {
    const double a = mine[i], b = yours[i];
    const bool same = a == b || (std::isnan(a) && std::isnan(b));
    if (!same && !(std::fabs(a - b) <= kTolerance * std::max(std::fabs(b), size))) return fmt::format("element {}: {} and {}", i, a, b);
  }
  return {};
}

/// The same elements, with the meaning that the graph gives them.
Tensor with_type(const Tensor& tensor, const TensorType& type) {
  if (tensor.is_float() || tensor.is_int64()) return tensor;
  return Tensor(type, {tensor.integers().begin(), tensor.integers().end()});
}

Tensor random_input(const Graph& graph, RandomStream& random) {
  Tensor input(graph.inputs().front()->type());
  for (float& x : input.floats()) x = static_cast<float>(random.normal());
  return input;
}

/// Where ONNX Runtime 1.30 computes something else than ONNX says. Its variance E[x^2] - E[x]^2 cancels to less than 0 where x is constant.
/// With align_corners it takes the rounded size for what ONNX's own tests take input size times scale.
bool means_something_else_there(const Graph& graph) {
  const auto differs = [](const Node* node) {
    if (node->is<MeanVarianceNorm>()) return true;
    const auto* resize = node->as<Resize>();
    if (!resize || resize->coordinates != ResizeCoordinates::kAlignCorners) return false;
    for (int axis = 0; axis < node->input(0)->shape().rank(); ++axis) {
      const auto a = static_cast<std::size_t>(axis);
      if (static_cast<float>(node->input(0)->shape()[axis]) * resize->scales[a] != static_cast<float>(resize->sizes[a])) return true;
    }
    return false;
  };
  return std::ranges::any_of(graph.nodes(), differs);
}

/// Numbers as networks compute with them: not infinite, and not so large that differences of them are rounding errors.
bool is_ordinary(const Tensor& tensor) {
  constexpr float kLargest = 1e6f;
  return !tensor.is_float() || std::ranges::all_of(tensor.floats(), [](float x) { return std::fabs(x) <= kLargest; });
}

/// Whether some channel of what an InstanceNorm reads is nearly constant: it would be told apart by rounding errors alone.
bool is_nearly_constant(const Tensor& x) {
  constexpr double kLeastSpread = 0.01;  // standard deviation over mean
  const std::size_t channels = static_cast<std::size_t>(x.shape()[0] * x.shape()[1]), size = x.floats().size() / channels;
  for (std::size_t c = 0; c < channels; ++c) {
    double sum = 0, squares = 0;
    for (const float value : x.floats().subspan(c * size, size)) sum += value;
    const double mean = sum / static_cast<double>(size);
    for (const float value : x.floats().subspan(c * size, size)) squares += (value - mean) * (value - mean);
    if (std::sqrt(squares / static_cast<double>(size)) <= kLeastSpread * std::fabs(mean)) return true;
  }
  return false;
}

bool is_normalized(const Value& value) {
  return std::ranges::any_of(value.consumers(), [&](const Node* node) { return node->is<InstanceNorm>() && node->input(0) == &value; });
}

struct Case {
  std::uint64_t trial;
  onnx_runtime::Job job;
  std::vector<Tensor> ours;
};

/// Nothing where ONNX Runtime means something else, or a value is none that networks compute with.
std::optional<Case> random_case(std::uint64_t trial) {
  RandomStream random({onnx_runtime::test_seed(), trial, 1});
  Case drawn{trial, {onnx_format::random_graph(onnx_runtime::test_seed(), trial), {}}, {}};
  if (means_something_else_there(drawn.job.graph)) return {};
  drawn.job.inputs.push_back(random_input(drawn.job.graph, random));
  bool all_ordinary = true;
  const auto look = [&](const Value& value, const Tensor& tensor) {
    all_ordinary &= is_ordinary(tensor) && !(is_normalized(value) && is_nearly_constant(tensor));
  };
  try {
    drawn.ours = Interpreter(drawn.job.graph).run(drawn.job.inputs, look);
  } catch (const InputError&) {  // a NaN that is quantized
    return {};
  }
  if (!all_ordinary) return {};
  return drawn;
}

std::optional<std::string> difference(const std::vector<Tensor>& ours, const std::vector<Tensor>& theirs) {
  for (std::size_t k = 0; k < ours.size(); ++k)
    if (const auto found = difference(ours[k], theirs.at(k))) return fmt::format("output {} {}", k, *found);
  return {};
}

/// Whether every operator of the graph gives what ONNX Runtime's gives when it reads the same: then the graph differs only because a
/// step (a rounding, a comparison, the place of a maximum) has a value within rounding errors of its edge. Names the first that does not.
std::optional<std::string> different_operator(const Case& drawn) {
  Graph all = drawn.job.graph.clone();
  std::vector<Value*> outputs;
  for (const Node* node : all.nodes())
    for (Value* y : node->outputs()) outputs.push_back(y);
  all.set_outputs(outputs);
  std::vector<onnx_runtime::Job> jobs;
  jobs.push_back({all.clone(), drawn.job.inputs, "disabled"});
  const onnx_runtime::Result result = onnx_runtime::run(jobs).front();
  if (!result.error.empty()) return result.error;
  std::map<const Value*, Tensor> theirs{{all.inputs().front(), drawn.job.inputs.front()}};
  for (std::size_t k = 0; k < outputs.size(); ++k) theirs[outputs[k]] = with_type(result.outputs[k], outputs[k]->type());
  for (const Node* node : all.nodes()) {
    std::vector<const Tensor*> inputs;
    for (const Value* x : node->inputs()) inputs.push_back(!x ? nullptr : x->is_constant() ? &x->constant() : &theirs.at(x));
    std::vector<Tensor> ours;
    for (const Value* y : node->outputs()) ours.emplace_back(y->type());
    node->op().evaluate(inputs, ours);
    for (std::size_t k = 0; k < ours.size(); ++k)
      if (const auto found = difference(ours[k], theirs.at(node->outputs()[k]))) return node->where() + ": " + *found;
  }
  return {};
}

TEST(OnnxRuntime, ComputesRandomFloatGraphsAsWeDo) {
  BITLOOM_NEEDS_ONNX_RUNTIME();
  constexpr std::uint64_t kBatch = 300, kMostTrials = 3000;
  int agree = 0, behind_a_step = 0, not_run = 0;
  for (std::uint64_t first = 0; agree < kGraphs && first < kMostTrials; first += kBatch) {
    std::vector<Case> cases;
    for (std::uint64_t trial = first; trial < first + kBatch; ++trial)
      if (auto drawn = random_case(trial)) cases.push_back(std::move(*drawn));
    const std::vector<onnx_runtime::Result> results = onnx_runtime::run(cases, [](const Case& drawn) -> const onnx_runtime::Job& { return drawn.job; });
    for (std::size_t i = 0; i < cases.size() && agree < kGraphs; ++i) {
      SCOPED_TRACE(fmt::format("BITLOOM_TEST_SEED={} trial {}", onnx_runtime::test_seed(), cases[i].trial));
      if (!results[i].error.empty()) {
        ++not_run;
        fmt::print("trial {} not run by ONNX Runtime: {}\n", cases[i].trial, results[i].error.substr(0, 200));
      } else if (const auto found = difference(cases[i].ours, results[i].outputs)) {
        ++behind_a_step;
        const auto node = different_operator(cases[i]);
        EXPECT_FALSE(node) << *node << "\n" << *found << "\n" << to_text(cases[i].job.graph);
      } else {
        ++agree;
      }
    }
  }
  fmt::print("{} graphs agree, {} differ behind a step although every operator agrees, {} not run by ONNX Runtime\n", agree, behind_a_step, not_run);
  EXPECT_EQ(agree, kGraphs);
  EXPECT_LE(behind_a_step * 10, kGraphs);
}

}  // namespace
}  // namespace bitloom
