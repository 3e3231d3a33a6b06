#pragma once

#include <onnx/onnx_pb.h>

#include <optional>
#include <string>

#include "ir/tensor.h"

namespace bitloom::onnx_format {

/// More elements than any tensor of a network that fits this program; keeps products of dimensions far from overflow.
constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

/// Whether every dimension is at least 1 and their product at most kMostElements.
bool is_reasonable(const Shape& shape);

/// @param where  what errors name as the place, such as "m.onnx: initializer 'w'"
/// @throws InputError for types other than float32, int8, uint8 and int32, external data, and data that do not fit the
/// dimensions
Tensor decode(const onnx::TensorProto& proto, const std::string& where);

/// Elements as little-endian raw_data. @return nothing if ONNX has no type of this width.
std::optional<onnx::TensorProto> encode(const Tensor& tensor, const std::string& name);

/// The ONNX type that holds an element, or UNDEFINED.
onnx::TensorProto::DataType data_type(ElementType element);

}  // namespace bitloom::onnx_format
