#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"

/// ONNX Runtime from npm, driven through node: the peer that knows what an ONNX file means.
namespace bitloom::onnx_runtime {

struct Job {
  Graph graph;
  std::vector<Tensor> inputs;
  const char* optimize = "all";       ///< "disabled", "basic", "extended" or "all"
  std::filesystem::path optimized{};  ///< where to leave the model as ONNX Runtime rewrote it; empty: nowhere
};

struct Result {
  std::vector<Tensor> outputs;  ///< without quantization; 8-bit and boolean ones as integers
  std::string error;            ///< why it could not be run; empty when it was
};

/// Why ONNX Runtime cannot be run here; empty when it can.
std::string why_absent();
/// Whether it must not be absent: in CI, where npm is there to install it.
bool is_required();

/// BITLOOM_TEST_SEED, or 1: which random graphs are drawn.
std::uint64_t test_seed();

/// One process for all jobs.
std::vector<Result> run(std::span<const Job* const> jobs);
/// As above, where job_of(item) is each item's job.
template <class Item, class JobOf = std::identity>
std::vector<Result> run(const std::vector<Item>& items, JobOf job_of = {}) {
  std::vector<const Job*> jobs;
  for (const Item& item : items) jobs.push_back(&job_of(item));
  return run(std::span<const Job* const>(jobs));
}

/// Skips the test, aloud, where ONNX Runtime is absent.
#define BITLOOM_NEEDS_ONNX_RUNTIME()                                            \
  if (const std::string reason = onnx_runtime::why_absent(); !reason.empty()) { \
    if (onnx_runtime::is_required()) FAIL() << reason;                          \
    GTEST_SKIP() << reason;                                                     \
  }

}  // namespace bitloom::onnx_runtime
