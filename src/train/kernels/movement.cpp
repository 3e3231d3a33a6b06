
#include "ir/ops/shape_ops.h"
#include "train/kernels/kernels.h"
#include "train/parameters.h"

namespace bitloom::train {
namespace {

Kernel flatten(const Node& node) {
  if (flattens_in_place(node)) return [](Operands in, Mode) { return in[0].permute({0, 2, 3, 1}).flatten(1); };
  return [](Operands in, Mode) { return in[0].flatten(1); };
}

constexpr KernelEntry kKernels[] = {
    {Flatten::kName, flatten},
};

}  // namespace

KernelFamily movement_kernels() { return kKernels; }

}  // namespace bitloom::train
