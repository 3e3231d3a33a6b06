#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <span>

#include "ir/graph.h"
#include "train/executor.h"

namespace bitloom::train {

/// A node as LibTorch computes it, prepared once: operands as the node has them (an absent optional one is undefined), activations
/// channels-last. Differentiable in kTrain. It runs where its operands lie, so constants of its own it takes there (`beside`).
using Kernel = std::function<at::Tensor(std::span<const at::Tensor> operands, Mode mode)>;

/// A new operator is one function and one line in its family's table below kernels/.
/// @throws InputError naming the node if its operator cannot be run here
Kernel make_kernel(const Node& node);

/// The node whose work this node's kernel does, too, because nothing else reads what is between them: the ReLU or Clip behind a BatchNorm, the
/// Dequantize behind a Quantize; null for other nodes. Whoever runs the graph lets the second node pass on what it gets.
const Node* fused_user(const Node& node);

inline at::Device to_torch(const Device& device) {
  return device.is_cuda ? at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device.index)) : at::Device(at::kCPU);
}

/// A tensor of the graph for LibTorch, in main memory, and back. Integers become float32 tensors with whole values: between Quantize and
/// Dequantize the executor simulates.
at::Tensor to_torch(const Tensor& tensor);
Tensor from_torch(const at::Tensor& tensor, const TensorType& type);

}  // namespace bitloom::train
