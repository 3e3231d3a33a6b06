#include <ATen/ops/add.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tanh.h>

#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "train/kernels/kernels.h"

namespace bitloom::train {
namespace {

/// True when `x` is written by its producer for this consumer alone and the producer's own gradient does not need it.
bool may_overwrite(const Node& node) {
  const Node* producer = node.producer(0);
  if (!producer || producer->single_consumer() != &node) return false;
  return producer->is<Conv2d>() || producer->is<BatchNorm>() || producer->is<Gemm>() || producer->is<Add>() || producer->is<MaxPool2d>() ||
         producer->is<AveragePool2d>();
}

Kernel relu(const Node& node) {
  if (!may_overwrite(node)) return [](Operands in, Mode) { return at::relu(in[0]); };
  return [](Operands in, Mode) {
    at::Tensor x = in[0];
    return at::relu_(x);
  };
}

constexpr KernelEntry kKernels[] = {
    {Add::kName, [](const Node&) -> Kernel { return [](Operands in, Mode) { return at::add(in[0], in[1]); }; }},
    {Relu::kName, relu},
    {Sigmoid::kName, [](const Node&) -> Kernel { return [](Operands in, Mode) { return at::sigmoid(in[0]); }; }},
    {Tanh::kName, [](const Node&) -> Kernel { return [](Operands in, Mode) { return at::tanh(in[0]); }; }},
};

}  // namespace

KernelFamily elementwise_kernels() { return kKernels; }

}  // namespace bitloom::train
