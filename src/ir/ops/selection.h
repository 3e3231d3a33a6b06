#pragma once

#include "ir/op.h"

namespace bitloom {

/// What ArgMax and ArgMin share: y = the position along `axis` of x's largest (smallest) element, int64. Of equal ones
/// the first, or the last. A NaN counts as the wanted one. Any element type.
class ArgSelection : public Op {
 public:
  int axis = 0;
  bool keep_dims = true;
  bool select_last = false;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node&) const override { return axis != 0; }

 private:
  virtual bool wants_largest() const = 0;
};

struct ArgMax final : OpBase<ArgMax, ArgSelection> {
  static constexpr std::string_view kName = "ArgMax";

 private:
  bool wants_largest() const override { return true; }
};

struct ArgMin final : OpBase<ArgMin, ArgSelection> {
  static constexpr std::string_view kName = "ArgMin";

 private:
  bool wants_largest() const override { return false; }
};

/// The k largest (smallest) elements along an axis, best first, and their positions, int64; ONNX TopK. Of equal
/// elements the earlier comes first; a NaN counts as larger than every number. ONNX leaves the order open for sorted =
/// 0: best first is one of those allowed.
struct TopK final : OpBase<TopK> {
  static constexpr std::string_view kName = "TopK";
  std::int64_t k = 1;
  int axis = 0;
  bool largest = true;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node&) const override { return axis != 0; }
};

}  // namespace bitloom
