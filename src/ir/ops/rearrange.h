#pragma once

#include "ir/op.h"

/// Operators that keep every element and change only where it stands. They take any element type.
namespace bitloom {

/// The same elements in the same order under another shape, which is given for one image. Images stack where axis 0 stays what it is.
/// What Flatten can say is said by Flatten: the ONNX reader sees to that.
struct Reshape final : OpBase<Reshape> {
  static constexpr std::string_view kName = "Reshape";
  Shape shape;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node& node) const override;
};

/// Axis i of the output is axis perm[i] of the input.
struct Transpose final : OpBase<Transpose> {
  static constexpr std::string_view kName = "Transpose";
  std::vector<int> perm;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node&) const override { return perm.empty() || perm.front() == 0; }
};

/// [N, C*b*b, H, W] -> [N, C, H*b, W*b]: the b*b channels that belong to one output channel become a square of b by b pixels.
struct DepthToSpace final : OpBase<DepthToSpace> {
  static constexpr std::string_view kName = "DepthToSpace";
  int block = 1;
  bool square_first = true;  ///< input channels count [b, b, C] (ONNX's DCR); otherwise [C, b, b] (CRD, PyTorch's PixelShuffle)

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// [N, C, H*b, W*b] -> [N, b*b*C, H, W]: the inverse of DepthToSpace with square_first.
struct SpaceToDepth final : OpBase<SpaceToDepth> {
  static constexpr std::string_view kName = "SpaceToDepth";
  int block = 1;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

}  // namespace bitloom
