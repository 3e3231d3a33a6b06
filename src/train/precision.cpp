#include "train/precision.h"

#include <ATen/autocast_mode.h>
#include <torch/version.h>

namespace bitloom::train {
namespace {

#if TORCH_VERSION_MAJOR >= 2
void set_autocast(bool on_gpu, bool enabled) {
  const at::DeviceType device = on_gpu ? at::kCUDA : at::kCPU;
  if (enabled) at::autocast::set_autocast_dtype(device, at::kBFloat16);
  at::autocast::set_autocast_enabled(device, enabled);
}
#else
void set_autocast(bool on_gpu, bool enabled) {
  if (enabled) (on_gpu ? at::autocast::set_autocast_gpu_dtype : at::autocast::set_autocast_cpu_dtype)(at::kBFloat16);
  (on_gpu ? at::autocast::set_enabled : at::autocast::set_cpu_enabled)(enabled);
}
#endif

}  // namespace

Precision precision_of(std::string_view name) { return name == "bfloat16" ? Precision::kBFloat16 : Precision::kFloat32; }

bool has_bfloat16_arithmetic() { return __builtin_cpu_supports("avx512bf16"); }

PrecisionScope::PrecisionScope(Precision precision, bool on_gpu) : is_on_(precision == Precision::kBFloat16), on_gpu_(on_gpu) {
  if (!is_on_) return;
  at::autocast::set_autocast_cache_enabled(false);  // a weight is read once a pass; kept casts would outlive the step that changes it
  set_autocast(on_gpu_, true);
}

PrecisionScope::~PrecisionScope() {
  if (is_on_) set_autocast(on_gpu_, false);
}

}  // namespace bitloom::train
