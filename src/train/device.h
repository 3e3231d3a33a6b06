#pragma once

#include <string>

namespace bitloom::train {

/// Where tensors lie and operators run.
struct Device {
  bool is_cuda = false;
  int index = 0;  ///< of the GPU
};

/// @param name   train.device of a recipe: "cpu" or "cuda"
/// @param index  the GPU to take: the process's number among those on this machine
/// @throws InputError if this LibTorch cannot use it
Device open_device(const std::string& name, int index);

}  // namespace bitloom::train
