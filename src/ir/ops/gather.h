#pragma once

#include "ir/op.h"

/// Operators that pick elements by index. They take any element type; indices are integers, negative ones count from the end, and one
/// that lies outside throws InputError when it is met. Where indices are constants, every image is indexed alike.
namespace bitloom {

/// [A.., K, B..] and indices [I..] -> [A.., I.., B..]: slices of `x` along `axis`.
struct Gather final : OpBase<Gather> {
  static constexpr std::string_view kName = "Gather";
  int axis = 0;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node& node) const override;
};

/// y[.., i, ..] = x[.., indices[.., i, ..], ..] along `axis`; y has the shape of `indices`.
struct GatherElements final : OpBase<GatherElements> {
  static constexpr std::string_view kName = "GatherElements";
  int axis = 0;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node& node) const override;
};

/// The last axis of `indices` names positions along the first axes of `x` behind its `batch_dims` ones:
/// indices [B.., I.., k] -> [B.., I.., what is left of x].
struct GatherND final : OpBase<GatherND> {
  static constexpr std::string_view kName = "GatherND";
  int batch_dims = 0;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node& node) const override;
};

/// `x` with y[.., indices[.., i, ..], ..] = updates[.., i, ..] along `axis`; the last of several updates of one element stays.
struct ScatterElements final : OpBase<ScatterElements> {
  static constexpr std::string_view kName = "ScatterElements";
  int axis = 0;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node& node) const override;
};

/// `x` with slices of it, named as in GatherND without batch_dims, replaced by those of `updates`. Its indices name the image, too.
struct ScatterND final : OpBase<ScatterND> {
  static constexpr std::string_view kName = "ScatterND";

  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node&) const override { return false; }
};

}  // namespace bitloom
