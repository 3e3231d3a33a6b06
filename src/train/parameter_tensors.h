#pragma once

#include <ATen/core/Tensor.h>

#include "train/parameters.h"

namespace bitloom::train {

/// A slice's elements, which begin at `memory` on `device`, as a tensor of the graph's shape. The tensor knows of no other that shares the
/// memory, so autograd takes a change of one parameter for a change of that one alone.
at::Tensor view_of(const Parameters::Slice& slice, float* memory, const at::Device& device);

/// The arrays of a Parameters as tensors. On a CPU they are those arrays; a GPU has copies, one tensor an array, so that fetching is one
/// transfer. The arrays in main memory are always the ones that count.
class ParameterTensors {
 public:
  /// `parameters` must outlive this, and its arrays must not be resized.
  ParameterTensors(Parameters& parameters, const at::Device& device);

  at::Tensor view(const Parameters::Slice& slice) const;
  void fetch();                 ///< main memory to the GPU
  void give_back_statistics();  ///< the GPU to main memory

 private:
  struct Array {
    at::Tensor host, device;  ///< the same on a CPU
  };
  static Array array(std::vector<float>& values, const at::Device& device);
  at::Device device_;
  Array trainable_, statistics_;
};

}  // namespace bitloom::train
