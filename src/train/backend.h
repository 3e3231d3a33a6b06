#pragma once

#include <string>

namespace bitloom::train {

/// Sets up the process for LibTorch: once, before any tensor exists. Memory that a step frees stays with the process, because the next
/// step wants the same again and the kernel would hand it out page by page (1.2 to 2.7 times slower without).
/// Warns on standard error when the BLAS in use is the unoptimized reference, naming the package to install.
void prepare_backend();

/// Threads inside one operator, when the calling thread runs it.
void set_kernel_threads(int threads);

/// "LibTorch 1.13.1"
std::string library_description();

/// What the bits of a result depend on besides the network: "LibTorch 1.13.1, openblas-openmp, AMD EPYC".
std::string backend_description();

}  // namespace bitloom::train
