#pragma once

#include "engine/kernel.h"

/// One function a folder: each makes a kernel for the nodes that it can do, and null for others.
namespace bitloom::engine {

std::unique_ptr<Kernel> make_conv2d(const Node& node, Isa isa);
std::unique_ptr<Kernel> make_depthwise(const Node& node, Isa isa);
std::unique_ptr<Kernel> make_gemm(const Node& node, Isa isa);
std::unique_ptr<Kernel> make_narrowing(const Node& node, Isa isa);
std::unique_ptr<Kernel> make_elementwise(const Node& node, Isa isa);
std::unique_ptr<Kernel> make_reference(const Node& node, Isa isa);

}  // namespace bitloom::engine
