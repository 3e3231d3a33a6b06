#include "ir/tensor.h"

#include <cassert>

namespace bitloom {

Tensor::Tensor(TensorType type) : type_(std::move(type)) {
  const auto count = static_cast<std::size_t>(type_.shape.elements());
  if (type_.element.is_float) {
    data_ = std::vector<float>(count);
  } else if (type_.element.bits > 32) {
    data_ = std::vector<std::int64_t>(count);
  } else {
    data_ = std::vector<std::int32_t>(count);
  }
}

Tensor::Tensor(Shape shape, std::vector<float> values)
    : type_{std::move(shape), ElementType::float32(), std::nullopt}, data_(std::move(values)) {
  assert(type_.shape.elements() == static_cast<std::int64_t>(floats().size()));
}

Tensor::Tensor(TensorType type, std::vector<std::int32_t> values) : type_(std::move(type)), data_(std::move(values)) {
  assert(!type_.element.is_float && type_.shape.elements() == static_cast<std::int64_t>(integers().size()));
}

Tensor Tensor::int64(Shape shape, std::vector<std::int64_t> values) {
  assert(shape.elements() == static_cast<std::int64_t>(values.size()));
  Tensor tensor;
  tensor.type_ = {std::move(shape), ElementType::int64(), std::nullopt};
  tensor.data_ = std::move(values);
  return tensor;
}

void Tensor::reshape(Shape shape) {
  assert(shape.elements() == elements());
  type_.shape = std::move(shape);
}

}  // namespace bitloom
