#pragma once

#include "ir/op.h"

/// Operators that go along one axis.
namespace bitloom {

/// Running sums along `axis`; an exclusive one leaves the element itself out, a reverse one begins at the end. Floats are summed in double.
struct CumSum final : OpBase<CumSum> {
  static constexpr std::string_view kName = "CumSum";
  int axis = 0;
  bool exclusive = false, reverse = false;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node&) const override { return axis > 0; }
};

/// A new axis of length `depth` in place `axis`: `on` where its position is the index that x holds (negative ones count from the end),
/// `off` elsewhere.
struct OneHot final : OpBase<OneHot> {
  static constexpr std::string_view kName = "OneHot";
  int axis = 0;
  std::int64_t depth = 1;
  double off = 0, on = 1;
  ElementType element = ElementType::float32();  ///< of the result

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node&) const override { return axis > 0; }
};

}  // namespace bitloom
