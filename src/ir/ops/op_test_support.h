#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "ir/interpreter.h"

/// For tests of single operators: a graph "test" of one node named "node".
namespace bitloom::op_test {

inline TensorType floats(Shape shape) { return {std::move(shape), ElementType::float32(), std::nullopt}; }
inline TensorType integers(Shape shape, ElementType element, std::vector<float> scales = {1}, std::int32_t zero_point = 0, int axis = -1) {
  return {std::move(shape), element, Quantization{std::move(scales), zero_point, axis}};
}

/// A graph whose inputs have the given types; a float type of rank 0 stands for an absent operand.
template <class T>
Graph graph_of(T op, const std::vector<TensorType>& types) {
  Graph graph("test");
  std::vector<Value*> operands;
  for (const TensorType& type : types) operands.push_back(type.shape.rank() == 0 ? nullptr : graph.add_input("", type));
  graph.set_outputs({graph.add("node", std::move(op), std::move(operands))});
  verify(graph);
  return graph;
}

template <class T>
TensorType infer(T op, const std::vector<TensorType>& types) {
  return graph_of(std::move(op), types).outputs().front()->type();
}

/// Infers and evaluates: the first operand is the graph's input, the others are constants.
template <class T>
Tensor run(T op, std::vector<Tensor> operands) {
  Graph graph("test");
  std::vector<Value*> values{graph.add_input("", operands.front().type())};
  for (std::size_t i = 1; i < operands.size(); ++i) values.push_back(graph.add_constant("", operands[i]));
  graph.set_outputs({graph.add("node", std::move(op), std::move(values))});
  verify(graph);
  return Interpreter(graph).run(std::move(operands.front()));
}

/// What inferring says; "" when it does not throw.
template <class T>
std::string refusal(T op, const std::vector<TensorType>& types) {
  try {
    infer(std::move(op), types);
    return {};
  } catch (const InputError& error) {
    return error.what();
  }
}

inline std::vector<float> values_of(const Tensor& tensor) { return {tensor.floats().begin(), tensor.floats().end()}; }
inline std::vector<std::int32_t> integers_of(const Tensor& tensor) { return {tensor.integers().begin(), tensor.integers().end()}; }

inline Tensor random_floats(RandomStream& random, Shape shape) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  for (float& x : values) x = static_cast<float>(random.normal());
  return Tensor(std::move(shape), std::move(values));
}

/// Uniform over the whole range of the type.
inline Tensor random_integers(RandomStream& random, TensorType type) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(type.shape.elements()));
  const auto count = static_cast<std::uint64_t>(type.element.max() - type.element.min() + 1);
  for (std::int32_t& x : values) x = static_cast<std::int32_t>(type.element.min() + static_cast<std::int64_t>(random.below(count)));
  return Tensor(std::move(type), std::move(values));
}

}  // namespace bitloom::op_test
