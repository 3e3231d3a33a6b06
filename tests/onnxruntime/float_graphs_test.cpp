// 500 random graphs over the operators that Bitloom writes, computed by the interpreter and by ONNX Runtime.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>

#include "base/random.h"
#include "ir/interpreter.h"
#include "onnx/random_graph.h"
#include "onnx_runtime.h"

namespace bitloom {
namespace {

constexpr int kGraphs = 500;
constexpr double kTolerance = 1e-4;

std::uint64_t test_seed() {
  const char* given = std::getenv("BITLOOM_TEST_SEED");
  return given ? std::stoull(given) : 1;
}

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
  const double size = std::sqrt(squares / static_cast<double>(std::max<std::size_t>(yours.size(), 1)));
  for (std::size_t i = 0; i < mine.size(); ++i) {
    const double a = mine[i], b = yours[i];
    const bool same = a == b || (std::isnan(a) && std::isnan(b));
    if (!same && !(std::fabs(a - b) <= kTolerance * std::max(std::fabs(b), size))) return fmt::format("element {}: {} and {}", i, a, b);
  }
  return {};
}

Tensor random_input(const Graph& graph, RandomStream& random) {
  Tensor input(graph.inputs().front()->type());
  for (float& x : input.floats()) x = static_cast<float>(random.normal());
  return input;
}

onnx_runtime::Job job_of(std::uint64_t trial) {
  RandomStream random({test_seed(), trial, 1});
  onnx_runtime::Job job{onnx_format::random_graph(test_seed(), trial), {}};
  job.inputs.push_back(random_input(job.graph, random));
  return job;
}

TEST(OnnxRuntime, ComputesRandomFloatGraphsAsWeDo) {
  BITLOOM_NEEDS_ONNX_RUNTIME();
  std::map<std::string, int> errors;
  int agree = 0, differ = 0, refused = 0;
  std::map<std::string, int> last_ops;
  std::vector<onnx_runtime::Job> jobs;
  for (std::uint64_t trial = 0; trial < kGraphs; ++trial) jobs.push_back(job_of(trial));
  const std::vector<onnx_runtime::Result> results = onnx_runtime::run(jobs);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (!results[i].error.empty()) {
      ++refused;
      ++errors[results[i].error.substr(0, 200)];
      continue;
    }
    const std::vector<Tensor> ours = Interpreter(jobs[i].graph).run(jobs[i].inputs);
    std::optional<std::string> found;
    for (std::size_t k = 0; k < ours.size() && !found; ++k) found = difference(ours[k], results[i].outputs[k]);
    if (!found) {
      ++agree;
      continue;
    }
    ++differ;
    fmt::print("trial {}: {}\n{}\n", i, *found, to_text(jobs[i].graph));
  }
  fmt::print("agree {} differ {} refused {}\n", agree, differ, refused);
  for (const auto& [error, count] : errors) fmt::print("{} {}\n", count, error);
}

}  // namespace
}  // namespace bitloom
