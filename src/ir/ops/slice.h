#pragma once

#include "ir/op.h"

/// Operators that cut tensors up and put them together. They take any element type.
namespace bitloom {

/// Along each of `axes`: `lengths` elements from `starts` on, `steps` apart; a negative step walks backwards. Other axes stay whole.
/// All positions lie inside the tensor: whoever makes the operator resolves negative positions and clamps.
struct Slice final : OpBase<Slice> {
  static constexpr std::string_view kName = "Slice";
  std::vector<std::int64_t> axes, starts, steps, lengths;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node& node) const override;  ///< where axis 0 stays whole
};

/// The inputs one after the other along `axis`; they agree in all other dimensions, in element type and in quantization.
struct Concat final : OpBase<Concat> {
  static constexpr std::string_view kName = "Concat";
  static constexpr int kMostInputs = 1024;
  int axis = 0;
  int count = 2;  ///< of inputs, at most kMostInputs

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  /// An input without the batch (a constant) is repeated for every image.
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node&) const override { return axis != 0; }
};

enum class PadMode { kConstant, kReflect, kEdge, kWrap };

/// Lays `before[a]` and `after[a]` elements around axis a; negative ones cut off. What is laid there is `value` (kConstant; on integers as
/// it is stored), the mirror image without the edge itself (kReflect), the edge (kEdge) or the tensor again (kWrap).
struct Pad final : OpBase<Pad> {
  static constexpr std::string_view kName = "Pad";
  PadMode mode = PadMode::kConstant;
  std::vector<std::int64_t> before, after;
  double value = 0;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node&) const override { return before.empty() || (before.front() == 0 && after.front() == 0); }
};

/// Repeats dimensions of length 1, and adds dimensions in front, until the shape, which is given for one image, is reached.
struct Expand final : OpBase<Expand> {
  static constexpr std::string_view kName = "Expand";
  Shape shape;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node& node) const override;
};

/// The whole tensor repeats[a] times along each axis a.
struct Tile final : OpBase<Tile> {
  static constexpr std::string_view kName = "Tile";
  std::vector<std::int64_t> repeats;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node&) const override { return repeats.empty() || repeats.front() == 1; }
};

std::string_view to_string(PadMode mode);  ///< as ONNX names it: "constant", "reflect", "edge", "wrap"

}  // namespace bitloom
