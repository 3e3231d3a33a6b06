#include "train/backend.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <malloc.h>
#include <omp.h>
#include <torch/version.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace bitloom::train {
namespace {

/// Folder of the library that answers to `sgemm_`; Debian's alternatives put each BLAS into one named after it.
std::string blas_name() {
  Dl_info info{};
  void* sgemm = dlsym(RTLD_DEFAULT, "sgemm_");
  if (!sgemm || dladdr(sgemm, &info) == 0 || !info.dli_fname) return "built in";
  std::error_code error;
  const std::filesystem::path file = std::filesystem::canonical(info.dli_fname, error);
  return error ? "unknown" : file.parent_path().filename().string();
}

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(std::min(line.size(), line.find(':') + 2));
  return "unknown processor";
}

}  // namespace

void prepare_backend() {
  constexpr int kKeep = 1 << 30, kGrowBy = 64 << 20;
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, kKeep);
  mallopt(M_TOP_PAD, kGrowBy);
  at::set_num_threads(1);  // also of a second thread pool, which would spin between steps; operators follow set_kernel_threads
  if (blas_name() == "blas")
    std::fputs("note: LibTorch uses the reference BLAS; training is faster after: apt-get install libopenblas0-openmp\n", stderr);
}

void set_kernel_threads(int threads) {
  at::get_num_threads();  // a thread's first call into LibTorch's thread settings overwrites OpenMP's; that is behind us then
  omp_set_num_threads(threads);
}

std::string library_description() { return "LibTorch " + std::string(TORCH_VERSION); }

std::string backend_description() { return library_description() + ", " + blas_name() + ", " + processor_name(); }

}  // namespace bitloom::train
