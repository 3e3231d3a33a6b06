#include "onnx/tensor_proto.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "base/error.h"

namespace bitloom::onnx_format {
namespace {

using onnx::TensorProto;
static_assert(std::endian::native == std::endian::little, "raw_data is little endian and is copied as it stands");

struct TypePair {
  TensorProto::DataType data_type;
  ElementType element;
};
constexpr TypePair kTypes[] = {
    {TensorProto::FLOAT, ElementType::float32()},
    {TensorProto::INT8, ElementType::int8()},
    {TensorProto::UINT8, ElementType::uint8()},
    {TensorProto::INT32, ElementType::int32()},
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
    return {field.begin(), field.end()};
  }
  if (proto.raw_data().size() != size * sizeof(Stored))
    damaged(where,
            fmt::format("{} bytes where the dimensions ask for {}", proto.raw_data().size(), size * sizeof(Stored)));
  std::vector<Stored> stored(size);
  std::memcpy(stored.data(), proto.raw_data().data(), proto.raw_data().size());
  return {stored.begin(), stored.end()};
}

template <class Stored>
std::string raw(std::span<const std::int32_t> values) {
  const std::vector<Stored> stored(values.begin(), values.end());
  return {reinterpret_cast<const char*>(stored.data()), stored.size() * sizeof(Stored)};
}

}  // namespace

bool is_reasonable(const Shape& shape) {
  std::int64_t product = 1;
  for (const std::int64_t dim : shape.dims()) {
    if (dim < 1 || dim > kMostElements / product) return false;
    product *= dim;
  }
  return true;
}

Tensor decode(const TensorProto& proto, const std::string& where) {
  if (proto.data_location() == TensorProto::EXTERNAL || proto.has_segment())
    throw InputError(where, "its data lie in another file",
                     "save the model as one file (onnx.save with save_as_external_data=False)");
  Shape shape = shape_of(proto, where);
  const std::int64_t count = shape.elements();
  const auto integer = [&](ElementType element, std::vector<std::int32_t> values) {
    return Tensor(TensorType{std::move(shape), element, {}}, std::move(values));
  };
  switch (proto.data_type()) {
    case TensorProto::FLOAT:
      return Tensor(std::move(shape), elements<float, float>(proto, proto.float_data(), count, where));
    case TensorProto::INT8:
      return integer(ElementType::int8(), elements<std::int32_t, std::int8_t>(proto, proto.int32_data(), count, where));
    case TensorProto::UINT8:
      return integer(ElementType::uint8(),
                     elements<std::int32_t, std::uint8_t>(proto, proto.int32_data(), count, where));
    case TensorProto::INT32:
      return integer(ElementType::int32(),
                     elements<std::int32_t, std::int32_t>(proto, proto.int32_data(), count, where));
    default:
      const auto type = static_cast<TensorProto::DataType>(proto.data_type());
      const bool known = TensorProto::DataType_IsValid(type);
      throw InputError(where,
                       "element type " + (known ? TensorProto::DataType_Name(type) : std::to_string(proto.data_type())),
                       "supported: FLOAT, INT8, UINT8, INT32; convert the model to float32 or 8-bit QDQ");
  }
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
    case TensorProto::INT32:
      proto.set_raw_data(raw<std::int32_t>(tensor.integers()));
      return proto;
    default:
      return std::nullopt;
  }
}

}  // namespace bitloom::onnx_format
