#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "ir/graph.h"

/// For tests: how random_graph.h makes a graph, layer after layer. Each file of this folder holds a family of layers with the family's
/// table at its end; generator_test.cpp lists the families. A new operator is a function and its line.
namespace bitloom::onnx_format {

class Generator {
 public:
  /// @param qonnx  whether quantizers that only QONNX can say are among the layers
  Generator(std::uint64_t seed, std::uint64_t trial, bool qonnx);
  Graph make();

  // Random numbers and names.
  std::int64_t below(std::int64_t bound) { return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(bound))); }
  int small(int bound) { return static_cast<int>(below(bound)); }
  bool coin() { return below(2) != 0; }
  float real(double low = -1, double high = 1) { return static_cast<float>(random_.uniform(low, high)); }
  std::string name();  ///< a plain one, an awkward one, or none

  // Constants.
  Value* floats(Shape shape, double low = -1, double high = 1);
  Value* indices(Shape shape, std::int64_t bound);    ///< int64 in -bound .. bound-1
  Value* position(std::vector<std::int64_t> index);   ///< int64 [1,1,n]: one place of a tensor, as GatherND and ScatterND take it
  Value* integers(Shape shape, ElementType element);  ///< that stand for themselves, over the whole range
  Quantization quantization(ElementType element, const Shape& shape, int axis);  ///< per tensor or along `axis`
  /// Weights or a bias, as floats or as integers behind a Dequantize.
  Value* parameter(Shape shape, ElementType element);
  /// A constant that is broadcast to the last tensor: a scalar, a row, a value per channel, or all of one image.
  Value* fitting();

  // The graph so far: a chain of [1,C,H,W] floats, with outputs beside its end.
  bool qonnx() const { return qonnx_; }
  Value* last() const { return last_; }
  const Shape& shape() const { return last_->shape(); }
  void set_last(Value* value) { last_ = value; }
  void add_output(Value* value) { outputs_.push_back(value); }
  template <class T>
  Value* node(T op, std::vector<Value*> inputs) {
    return graph_.add(name(), std::move(op), std::move(inputs));
  }
  Node* node_with_outputs(std::unique_ptr<Op> op, std::vector<Value*> inputs) {
    return graph_.add_node(name(), std::move(op), std::move(inputs));
  }
  /// A node that reads the last tensor, and `more`, and becomes the last.
  template <class T>
  void append(T op, std::vector<Value*> more = {}) {
    more.insert(more.begin(), last_);
    last_ = node(std::move(op), std::move(more));
  }
  /// Appends one of the operators, each as likely.
  template <class... Ops>
  void append_any(Ops... ops) {
    std::int64_t skipped = below(sizeof...(Ops));
    ((skipped-- == 0 ? append(ops) : void()), ...);
  }
  void reshape(Shape shape);  ///< appends a Reshape

 private:
  void add_layer();
  void add_classifier();
  void add_one_hot();

  RandomStream random_;
  Graph graph_;
  const bool qonnx_;
  Value* last_;
  std::vector<Value*> outputs_;  ///< beside the last
};

using Layer = void (*)(Generator&);
using LayerFamily = std::span<const Layer>;

LayerFamily convolution_layers();
LayerFamily element_layers();
LayerFamily function_layers();
LayerFamily indexing_layers();
LayerFamily movement_layers();
LayerFamily normalization_layers();
LayerFamily pool_layers();
LayerFamily qonnx_layers();  ///< in place of the next, where QONNX may be used
LayerFamily quantization_layers();

}  // namespace bitloom::onnx_format
