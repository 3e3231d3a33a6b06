#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "ir/type.h"

namespace bitloom {

/// A dense tensor in row-major order. Floats are stored as float32, integers of up to 32 bits as int32, int64 as itself, one element each:
/// this is the reference's plain storage; packing is the engine's and the hardware's business.
class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(TensorType type);  ///< zeros
  Tensor(Shape shape, std::vector<float> values);
  Tensor(TensorType type, std::vector<std::int32_t> values);
  static Tensor int64(Shape shape, std::vector<std::int64_t> values);

  const TensorType& type() const { return type_; }
  const Shape& shape() const { return type_.shape; }
  std::int64_t elements() const { return type_.shape.elements(); }
  bool is_float() const { return type_.element.is_float; }
  bool is_int64() const { return std::holds_alternative<std::vector<std::int64_t>>(data_); }

  /// Elements as T = float, std::int32_t or std::int64_t; asking for another kind than the stored one is a bug (assert).
  template <class T>
  std::span<const T> values() const { return std::get<std::vector<T>>(data_); }
  template <class T>
  std::span<T> values() { return std::get<std::vector<T>>(data_); }
  std::span<const float> floats() const { return values<float>(); }
  std::span<float> floats() { return values<float>(); }
  std::span<const std::int32_t> integers() const { return values<std::int32_t>(); }
  std::span<std::int32_t> integers() { return values<std::int32_t>(); }
  std::span<const std::int64_t> indices() const { return values<std::int64_t>(); }
  std::span<std::int64_t> indices() { return values<std::int64_t>(); }

  /// Calls `use` with the elements as a span of what they are stored as: for what moves elements whatever they are.
  template <class Use>
  decltype(auto) visit(Use&& use) const {
    return std::visit([&](const auto& all) -> decltype(auto) { return use(std::span(all)); }, data_);
  }
  template <class Use>
  decltype(auto) visit(Use&& use) {
    return std::visit([&](auto& all) -> decltype(auto) { return use(std::span(all)); }, data_);
  }

  void set_quantization(std::optional<Quantization> q) { type_.quantization = std::move(q); }
  void reshape(Shape shape);  ///< same number of elements (assert)

  bool operator==(const Tensor&) const = default;

 private:
  TensorType type_;
  std::variant<std::vector<float>, std::vector<std::int32_t>, std::vector<std::int64_t>> data_;
};

/// A view of rank-4 data that a reference can index by name. NCHW for activations, OIHW for weights.
template <class T>
struct View4 {
  T* data;
  std::int64_t n, c, h, w;
  T& operator()(std::int64_t in, std::int64_t ic, std::int64_t ih, std::int64_t iw) const {
    return data[((in * c + ic) * h + ih) * w + iw];
  }
};

template <class T>
View4<const T> view4(const Tensor& t) {
  return {t.values<T>().data(), t.shape()[0], t.shape()[1], t.shape()[2], t.shape()[3]};
}
template <class T>
View4<T> view4(Tensor& t) {
  return {t.values<T>().data(), t.shape()[0], t.shape()[1], t.shape()[2], t.shape()[3]};
}

}  // namespace bitloom
