#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace bitloom {

/// Dimensions, outermost first. Activations are NCHW, convolution weights OIHW, Gemm weights [out, in].
/// In a graph N is 1: a graph describes one image, and executors take any number of them.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<std::int64_t> dims) : dims_(std::move(dims)) {}

  int rank() const { return static_cast<int>(dims_.size()); }
  std::int64_t operator[](int axis) const { return dims_[static_cast<std::size_t>(axis)]; }
  std::int64_t& operator[](int axis) { return dims_[static_cast<std::size_t>(axis)]; }
  const std::vector<std::int64_t>& dims() const { return dims_; }
  std::int64_t elements() const;  ///< product of the dimensions; 1 for a scalar
  bool operator==(const Shape&) const = default;

 private:
  std::vector<std::int64_t> dims_;
};

std::string to_string(const Shape& shape);  ///< "1x12x28x28"; "scalar" for rank 0

/// float32, an integer of 1 to 32 bits, or int64, which counts and indexes (shapes, axes, positions) and never stands for a real.
/// One signed bit is bipolar: -1 or +1, as binary networks have it.
struct ElementType {
  int bits = 32;
  bool is_signed = true;
  bool is_float = true;

  static constexpr ElementType float32() { return {32, true, true}; }
  static constexpr ElementType integer(int bits, bool is_signed) { return {bits, is_signed, false}; }
  static constexpr ElementType int8() { return integer(8, true); }
  static constexpr ElementType uint8() { return integer(8, false); }
  static constexpr ElementType int32() { return integer(32, true); }
  static constexpr ElementType int64() { return integer(64, true); }
  static constexpr ElementType boolean() { return integer(1, false); }
  static constexpr ElementType bipolar() { return integer(1, true); }

  constexpr bool is_bipolar() const { return !is_float && is_signed && bits == 1; }

  /// Smallest and largest value of an integer type. uint32 does not exist here: `max` of 32 unsigned bits would not fit int32 data.
  constexpr std::int64_t min() const { return is_bipolar() ? -1 : is_signed ? -max() - 1 : 0; }
  constexpr std::int64_t max() const { return is_bipolar() ? 1 : static_cast<std::int64_t>((std::uint64_t{1} << (is_signed ? bits - 1 : bits)) - 1); }
  bool operator==(const ElementType&) const = default;
};

std::string to_string(ElementType element);  ///< "float32", "int8", "uint4"

/// What an integer q stands for: real = scale * (q - zero_point). One scale, or one per index of `axis`.
struct Quantization {
  std::vector<float> scales;
  std::int32_t zero_point = 0;
  int axis = -1;  ///< -1: per tensor
  std::vector<std::int32_t> zero_points = {};  ///< one per index of `axis` where they differ (zero_point is 0 then); else empty

  bool per_channel() const { return axis >= 0; }
  std::int32_t zero_point_of(std::size_t channel) const { return zero_points.empty() ? zero_point : zero_points[channel]; }
  /// One per index of `axis`, or of a tensor; kept as one where all are the same.
  void set_zero_points(std::vector<std::int32_t> each);
  bool operator==(const Quantization&) const = default;
};

struct TensorType {
  Shape shape;
  ElementType element = ElementType::float32();
  std::optional<Quantization> quantization;  ///< known for integer tensors that stand for reals

  bool operator==(const TensorType&) const = default;
};

std::string to_string(const TensorType& type);  ///< "int8[1x12x28x28] scale 0.0123 zero_point 3"

}  // namespace bitloom
