#pragma once

#include <onnx/onnx_pb.h>

#include <optional>
#include <string>

#include "ir/tensor.h"

namespace bitloom::onnx_format {

/// More elements than any tensor of a network that fits this program; keeps products of dimensions far from overflow.
constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

/// Whether no dimension is negative and their product is at most kMostElements. Empty tensors are what files say for "none".
bool is_reasonable(const Shape& shape);

bool is_floating_point(int data_type);  ///< FLOAT, DOUBLE, FLOAT16 or BFLOAT16
std::optional<ElementType> integer_element(int data_type);  ///< of 4 to 16 bits and INT32

/// Floats of every width become float32, BOOL one unsigned bit, INT64 int64, as do UINT32 and UINT64 as far as they fit.
/// @param where  what errors name as the place, such as "m.onnx: initializer 'w'"
/// External data are embedded before (Scope::decoded).
/// @throws InputError for strings, complex numbers and 8-bit floats, and data that do not fit the dimensions
Tensor decode(const onnx::TensorProto& proto, const std::string& where);

/// Elements as little-endian raw_data. @return nothing if ONNX has no type of this width.
std::optional<onnx::TensorProto> encode(const Tensor& tensor, const std::string& name);

/// What holds the integers and booleans of an ONNX type here; nothing for other types.
std::optional<ElementType> element_type(int data_type);

/// The ONNX type that holds an element, or UNDEFINED.
onnx::TensorProto::DataType data_type(ElementType element);

}  // namespace bitloom::onnx_format
