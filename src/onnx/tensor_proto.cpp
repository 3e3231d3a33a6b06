#include "onnx/tensor_proto.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "base/error.h"
#include "onnx/external_data.h"

namespace bitloom::onnx_format {
namespace {

using onnx::TensorProto;
static_assert(std::endian::native == std::endian::little, "raw_data is little endian and is copied as it stands");

struct TypePair {
  TensorProto::DataType data_type;
  ElementType element;
};
constexpr int kUint4 = 21, kInt4 = 22;  // of opset 21, younger than Debian's ONNX
constexpr TypePair kTypes[] = {
    {TensorProto::FLOAT, ElementType::float32()},
    {TensorProto::INT8, ElementType::int8()},
    {TensorProto::UINT8, ElementType::uint8()},
    {TensorProto::INT16, ElementType::integer(16, true)},
    {TensorProto::UINT16, ElementType::integer(16, false)},
    {TensorProto::INT32, ElementType::int32()},
    {TensorProto::INT64, ElementType::int64()},
    {TensorProto::BOOL, ElementType::boolean()},
};

[[noreturn]] void damaged(const std::string& where, const std::string& what) {
  throw InputError(where, what, "the file is damaged; export it again");
}

Shape shape_of(const TensorProto& proto, const std::string& where) {
  Shape shape(std::vector<std::int64_t>(proto.dims().begin(), proto.dims().end()));
  if (!is_reasonable(shape)) damaged(where, "impossible dimensions " + to_string(shape));
  return shape;
}

/// The elements from raw_data, where they are `Stored`, or else from the typed field that ONNX has for them.
template <class Element, class Stored, class Field>
std::vector<Element> elements(const TensorProto& proto, const Field& field, std::int64_t count,
                              const std::string& where) {
  const auto size = static_cast<std::size_t>(count);
  if (!proto.has_raw_data()) {
    if (field.size() != count)
      damaged(where, fmt::format("{} elements where the dimensions ask for {}", field.size(), count));
    std::vector<Element> values;
    values.reserve(size);
    for (const auto value : field) values.push_back(static_cast<Element>(value));
    return values;
  }
  if (proto.raw_data().size() != size * sizeof(Stored))
    damaged(where,
            fmt::format("{} bytes where the dimensions ask for {}", proto.raw_data().size(), size * sizeof(Stored)));
  std::vector<Stored> stored(size);
  if (size > 0) std::memcpy(stored.data(), proto.raw_data().data(), proto.raw_data().size());  // an empty vector may have no address
  if constexpr (std::is_same_v<Element, Stored>) {
    return stored;
  } else {
    std::vector<Element> values;
    values.reserve(size);
    for (const Stored value : stored) values.push_back(static_cast<Element>(value));
    return values;
  }
}

template <class Stored, class Element>
std::string raw(std::span<const Element> values) {
  std::vector<Stored> stored;
  stored.reserve(values.size());
  for (const Element value : values) stored.push_back(static_cast<Stored>(value));
  return {reinterpret_cast<const char*>(stored.data()), stored.size() * sizeof(Stored)};
}

/// Two elements a byte, the first in the low half.
std::vector<std::int32_t> nibbles(const TensorProto& proto, std::int64_t count, bool is_signed, const std::string& where) {
  const std::vector<std::int32_t> bytes = elements<std::int32_t, std::uint8_t>(proto, proto.int32_data(), (count + 1) / 2, where);
  std::vector<std::int32_t> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int32_t nibble = bytes[static_cast<std::size_t>(i / 2)] >> (i % 2 * 4) & 0xF;
    values.push_back(is_signed && nibble > 7 ? nibble - 16 : nibble);
  }
  return values;
}

/// IEEE 754 half precision.
float from_half(std::uint16_t half) {
  const int exponent = half >> 10 & 0x1F, fraction = half & 0x3FF;
  const float magnitude = exponent == 31 ? (fraction ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity())
                          : exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                          : std::ldexp(static_cast<float>(fraction | 0x400), exponent - 25);
  return half & 0x8000 ? -magnitude : magnitude;
}

/// The upper half of a float32.
float from_bfloat16(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

Tensor converted(Shape shape, const std::vector<std::uint16_t>& bits, float (*convert)(std::uint16_t)) {
  std::vector<float> values(bits.size());
  std::ranges::transform(bits, values.begin(), convert);
  return Tensor(std::move(shape), std::move(values));
}

}  // namespace

std::optional<ElementType> integer_element(int data_type) {
  if (data_type == kUint4) return ElementType::integer(4, false);
  if (data_type == kInt4) return ElementType::integer(4, true);
  for (const TypePair& pair : kTypes)
    if (pair.data_type == data_type && !pair.element.is_float && pair.element.bits > 1 && pair.element.bits <= 32) return pair.element;
  return std::nullopt;
}

bool is_floating_point(int data_type) {
  return data_type == TensorProto::FLOAT || data_type == TensorProto::DOUBLE || data_type == TensorProto::FLOAT16 ||
         data_type == TensorProto::BFLOAT16;
}

bool is_reasonable(const Shape& shape) {
  std::int64_t product = 1;
  for (const std::int64_t dim : shape.dims()) {
    if (dim < 0 || dim > kMostElements / std::max<std::int64_t>(product, 1)) return false;
    product *= dim;
  }
  return true;
}

Tensor decode(const TensorProto& proto, const std::string& where) {
  assert(!is_external(proto));
  if (proto.has_segment()) throw InputError(where, "it is cut into segments", "save it as one tensor");
  Shape shape = shape_of(proto, where);
  const std::int64_t count = shape.elements();
  const auto integer = [&](ElementType element, std::vector<std::int32_t> values) {
    // The typed field is of int32 whatever the type is, and what is computed from these while reading counts on their range.
    const auto outside = std::ranges::find_if(values, [&](std::int32_t value) { return value < element.min() || value > element.max(); });
    if (outside != values.end()) damaged(where, fmt::format("element {} is {}, outside {}", outside - values.begin(), *outside, to_string(element)));
    return Tensor(TensorType{std::move(shape), element, {}}, std::move(values));
  };
  if (proto.data_type() == kInt4 || proto.data_type() == kUint4)
    return integer(ElementType::integer(4, proto.data_type() == kInt4), nibbles(proto, count, proto.data_type() == kInt4, where));
  switch (proto.data_type()) {
    case TensorProto::FLOAT:
      return Tensor(std::move(shape), elements<float, float>(proto, proto.float_data(), count, where));
    case TensorProto::INT8:
      return integer(ElementType::int8(), elements<std::int32_t, std::int8_t>(proto, proto.int32_data(), count, where));
    case TensorProto::UINT8:
      return integer(ElementType::uint8(),
                     elements<std::int32_t, std::uint8_t>(proto, proto.int32_data(), count, where));
    case TensorProto::INT16:
      return integer(ElementType::integer(16, true), elements<std::int32_t, std::int16_t>(proto, proto.int32_data(), count, where));
    case TensorProto::UINT16:
      return integer(ElementType::integer(16, false), elements<std::int32_t, std::uint16_t>(proto, proto.int32_data(), count, where));
    case TensorProto::INT32:
      return integer(ElementType::int32(), elements<std::int32_t, std::int32_t>(proto, proto.int32_data(), count, where));
    case TensorProto::BOOL: {
      auto values = elements<std::int32_t, std::uint8_t>(proto, proto.int32_data(), count, where);
      for (std::int32_t& value : values) value = value != 0;
      return integer(ElementType::boolean(), std::move(values));
    }
    case TensorProto::INT64:
      return Tensor::int64(std::move(shape), elements<std::int64_t, std::int64_t>(proto, proto.int64_data(), count, where));
    case TensorProto::UINT32:
      return Tensor::int64(std::move(shape), elements<std::int64_t, std::uint32_t>(proto, proto.uint64_data(), count, where));
    case TensorProto::UINT64:
      return Tensor::int64(std::move(shape), elements<std::int64_t, std::uint64_t>(proto, proto.uint64_data(), count, where));
    case TensorProto::DOUBLE:
      return Tensor(std::move(shape), elements<float, double>(proto, proto.double_data(), count, where));
    case TensorProto::FLOAT16:
      return converted(std::move(shape), elements<std::uint16_t, std::uint16_t>(proto, proto.int32_data(), count, where), from_half);
    case TensorProto::BFLOAT16:
      return converted(std::move(shape), elements<std::uint16_t, std::uint16_t>(proto, proto.int32_data(), count, where), from_bfloat16);
    default:
      const auto type = static_cast<TensorProto::DataType>(proto.data_type());
      const bool known = TensorProto::DataType_IsValid(type);
      throw InputError(where,
                       "element type " + (known ? TensorProto::DataType_Name(type) : std::to_string(proto.data_type())),
                       "supported: floats and integers of 8 to 64 bits; convert the model to float32 or QDQ");
  }
}

std::optional<ElementType> element_type(int data_type) {
  if (data_type == TensorProto::UINT32 || data_type == TensorProto::UINT64) return ElementType::int64();
  for (const TypePair& pair : kTypes)
    if (pair.data_type == data_type && !pair.element.is_float) return pair.element;
  return std::nullopt;
}

TensorProto::DataType data_type(ElementType element) {
  for (const TypePair& pair : kTypes)
    if (pair.element == element) return pair.data_type;
  return TensorProto::UNDEFINED;
}

std::optional<TensorProto> encode(const Tensor& tensor, const std::string& name) {
  TensorProto proto;
  proto.set_name(name);
  for (const std::int64_t dim : tensor.shape().dims()) proto.add_dims(dim);
  proto.set_data_type(data_type(tensor.type().element));
  switch (proto.data_type()) {
    case TensorProto::FLOAT:
      proto.set_raw_data(tensor.floats().data(), tensor.floats().size_bytes());
      return proto;
    case TensorProto::INT8:
      proto.set_raw_data(raw<std::int8_t>(tensor.integers()));
      return proto;
    case TensorProto::UINT8:
      proto.set_raw_data(raw<std::uint8_t>(tensor.integers()));
      return proto;
    case TensorProto::INT16:
      proto.set_raw_data(raw<std::int16_t>(tensor.integers()));
      return proto;
    case TensorProto::UINT16:
      proto.set_raw_data(raw<std::uint16_t>(tensor.integers()));
      return proto;
    case TensorProto::INT32:
      proto.set_raw_data(raw<std::int32_t>(tensor.integers()));
      return proto;
    case TensorProto::INT64:
      proto.set_raw_data(raw<std::int64_t>(tensor.indices()));
      return proto;
    case TensorProto::BOOL:
      proto.set_raw_data(raw<std::uint8_t>(tensor.integers()));
      return proto;
    default:
      return std::nullopt;
  }
}

}  // namespace bitloom::onnx_format
