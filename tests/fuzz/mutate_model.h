#pragma once

#include <onnx/onnx_pb.h>

#include "base/random.h"

namespace bitloom::fuzz {

/// Makes one change that leaves a well-formed file: an edge, an operator, an attribute, dimensions, an element type, a name, elements,
/// nodes dropped, repeated or exchanged. Bytes changed at random seldom get past the parser.
void mutate(onnx::ModelProto& model, RandomStream& random);

/// Puts one of `other`'s nodes, with the constants that it reads, into `model`, where it reads and feeds tensors that are there.
void take_node(onnx::ModelProto& model, const onnx::ModelProto& other, RandomStream& random);

}  // namespace bitloom::fuzz
