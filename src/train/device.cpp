#include "train/device.h"

#include <ATen/Context.h>
#include <fmt/format.h>
#include <stdlib.h>

#include "base/error.h"
#include "train/backend.h"

namespace bitloom::train {

Device open_device(const std::string& name, int index) {
  if (name == "cpu") return {};
  const std::string where = fmt::format("train.device = {}", name);
#ifdef BITLOOM_TORCH_CUDA
  const char* why = "this machine shows LibTorch no GPU";
  const char* fix = "look at nvidia-smi and CUDA_VISIBLE_DEVICES, or set it to cpu";
#else
  const char* why = "this LibTorch was built without CUDA";
  const char* fix = "build bitloom with a LibTorch that has CUDA (cmake -DCMAKE_PREFIX_PATH=...), or set it to cpu";
#endif
  if (!at::hasCUDA()) throw InputError(where, fmt::format("{} ({})", why, library_description()), fix);
  const auto count = static_cast<int>(at::getNumGPUs());
  if (index >= count)
    throw InputError(where, fmt::format("LOCAL_RANK is {}, and this machine has {} GPUs", index, count), "start as many processes on it as it has GPUs");
  // The same seed is to give the same bits; operators for which LibTorch has no such variant run all the same.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);  // of a size at which cuBLAS, too, always adds in one order
  at::globalContext().setBenchmarkCuDNN(false);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
  return {true, index};
}

}  // namespace bitloom::train
