#pragma once

#include "base/random.h"
#include "ir/graph.h"

namespace bitloom::test_networks {

/// For tests: a small float network with random parameters in which every operator stands that has an integer form
/// (lower/integer_form.h): of the functions of one element, which are tables all alike, some; each operator of two
/// tensors also with a number in place of one. 1x2x8x8 -> 3 classes. Layers without an activation stand before
/// convolutions that pad nothing and before such that pad, so that one bit is bipolar in some places and cannot be in
/// others.
Graph every_operator_network(RandomStream& random);

}  // namespace bitloom::test_networks
