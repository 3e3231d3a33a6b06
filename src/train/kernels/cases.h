#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <vector>

#include "train/test_graphs.h"

/// For tests: graphs on which the executor is compared with the interpreter, by family of operators.
namespace bitloom::train {

struct Case {
  const char* name;
  std::function<Graph(TestGraph&)> build;
};

inline void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

/// One node of `op` on an image.
inline Graph unary(TestGraph& t, std::unique_ptr<Op> op, Shape shape = {1, 3, 5, 6}) {
  return t.finish(t.graph.add_node("", std::move(op), {t.image(std::move(shape))})->output());
}

std::vector<Case> elementwise_cases();
std::vector<Case> integer_cases();
std::vector<Case> movement_cases();
std::vector<Case> reduction_cases();
std::vector<Case> window_nd_cases();

}  // namespace bitloom::train
