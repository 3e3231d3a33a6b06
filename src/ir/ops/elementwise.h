#pragma once

#include "ir/op.h"

namespace bitloom {

/// y = max(x, 0) on floats; on integers max(x, zero_point).
struct Relu final : OpBase<Relu> {
  static constexpr std::string_view kName = "Relu";
  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

struct Tanh final : OpBase<Tanh> {
  static constexpr std::string_view kName = "Tanh";
  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  static float apply(float x);
};

struct Sigmoid final : OpBase<Sigmoid> {
  static constexpr std::string_view kName = "Sigmoid";
  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  static float apply(float x);
};

/// y = a + b, floats of one shape.
struct Add final : OpBase<Add> {
  static constexpr std::string_view kName = "Add";
  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

}  // namespace bitloom
