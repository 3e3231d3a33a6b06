#pragma once

#include "ir/op.h"

namespace bitloom {

/// What functions share that turn each line of x along one axis into a line of y. Floats, computed in double.
class AlongAxis : public Op {
 public:
  int axis = -1;  ///< counted from the end, so that -1 is the last whatever the rank

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node& node) const override;

 private:
  virtual void apply(std::span<double> line) const = 0;
};

/// y = exp(x - max) / sum exp(x - max).
struct Softmax final : OpBase<Softmax, AlongAxis> {
  static constexpr std::string_view kName = "Softmax";

 private:
  void apply(std::span<double> line) const override;
};

/// y = (x - max) - log(sum exp(x - max)).
struct LogSoftmax final : OpBase<LogSoftmax, AlongAxis> {
  static constexpr std::string_view kName = "LogSoftmax";

 private:
  void apply(std::span<double> line) const override;
};

/// y = 1 at the first of the largest x, else 0.
struct Hardmax final : OpBase<Hardmax, AlongAxis> {
  static constexpr std::string_view kName = "Hardmax";

 private:
  void apply(std::span<double> line) const override;
};

}  // namespace bitloom
