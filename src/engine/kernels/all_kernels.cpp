#include "engine/kernels/all_kernels.h"

#include "ir/ops/rearrange.h"
#include "ir/ops/shape_ops.h"

namespace bitloom::engine {
namespace {

/// In the order in which they are asked; the reference does every node.
constexpr std::unique_ptr<Kernel> (*kMakers[])(const Node&, Isa) = {make_depthwise, make_conv2d,      make_gemm,
                                                                   make_narrowing, make_elementwise, make_reference};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const Node& node, Isa isa) {
  for (const auto make : kMakers)
    if (auto kernel = make(node, isa)) return kernel;
  return nullptr;
}

bool only_reshapes(const Node& node) { return node.is<Flatten>() || node.is<Reshape>(); }

}  // namespace bitloom::engine
