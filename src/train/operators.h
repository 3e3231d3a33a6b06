#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <span>
#include <vector>

#include "ir/graph.h"
#include "train/executor.h"

namespace bitloom::train {

/// A node as LibTorch computes it, prepared once, with the rest of its `fused_chain`: operands as the nodes have them, without those that
/// pass between them (an absent optional one is undefined), activations channels-last. Differentiable in kTrain. It runs where its operands lie, so constants of its own it takes there (`beside`).
using Kernel = std::function<at::Tensor(std::span<const at::Tensor> operands, Mode mode)>;

/// A new operator is one function and one line in its family's table below kernels/.
/// @throws InputError naming the node if its operator cannot be run here
Kernel make_kernel(const Node& node);

/// The node and those behind it whose work its kernel does, too, because nothing else reads what passes between them:
///   BatchNorm [Add, of a value of its shape] [Relu | Clip]        a residual connection and the activation behind it
///   Quantize Dequantize
std::vector<const Node*> fused_chain(const Node& first);

inline at::Device to_torch(const Device& device) {
  return device.is_cuda ? at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device.index)) : at::Device(at::kCPU);
}

/// A tensor of the graph for LibTorch, in main memory, and back. Integers become float32 tensors with whole values: between Quantize and
/// Dequantize the executor simulates.
at::Tensor to_torch(const Tensor& tensor);
Tensor from_torch(const at::Tensor& tensor, const TensorType& type);

}  // namespace bitloom::train
