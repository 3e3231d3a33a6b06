#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "ir/interpreter.h"
#include "passes/lower/lower.h"
#include "passes/lower/wide_reference.h"
#include "passes/random_network.h"

/// For tests: the integer graph against the second evaluation of wide_reference.h.
namespace bitloom::test_networks {

/// The integer graph's counterparts of the QDQ graph's Quantize nodes, in order, and its output.
struct IntegerRun {
  std::vector<std::vector<std::int32_t>> stages;
  Tensor output;
};

inline IntegerRun run_integer(const Graph& integer, const Tensor& image) {
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

inline void expect_equal(const Graph& qdq, const Graph& integer, const Tensor& image) {
  const wide_reference::Evaluation expected(qdq, image);
  const IntegerRun actual = run_integer(integer, image);
  ASSERT_EQ(actual.stages, expected.stages);
  const std::int64_t zero = actual.output.type().quantization->zero_point;
  ASSERT_EQ(actual.output.integers().size(), expected.result.size());
  for (std::size_t i = 0; i < expected.result.size(); ++i)
    ASSERT_EQ(actual.output.integers()[i] - zero, static_cast<std::int64_t>(expected.result[i])) << "output " << i;
}

}  // namespace bitloom::test_networks
