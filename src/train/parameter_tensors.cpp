#include "train/parameter_tensors.h"

#include <ATen/ops/from_blob.h>
#include <c10/core/GradMode.h>

namespace bitloom::train {

at::Tensor view_of(const Parameters::Slice& slice, float* memory, const at::Device& device) {
  const Shape& shape = slice.value->shape();
  const at::TensorOptions options = at::TensorOptions(at::kFloat).device(device);
  if (shape.rank() != 4 || slice.order.channels == 1) return at::from_blob(memory, shape.dims(), options);
  const std::int64_t image = shape[1] * shape[2] * shape[3];
  return at::from_blob(memory, shape.dims(), {image, 1, shape[3] * shape[1], shape[1]}, options);
}

ParameterTensors::Array ParameterTensors::array(std::vector<float>& values, const at::Device& device) {
  const at::Tensor host = at::from_blob(values.data(), {static_cast<std::int64_t>(values.size())});
  return {host, host.to(device)};
}

ParameterTensors::ParameterTensors(Parameters& parameters, const at::Device& device)
    : device_(device), trainable_(array(parameters.trainable, device)), statistics_(array(parameters.statistics, device)) {}

at::Tensor ParameterTensors::view(const Parameters::Slice& slice) const {
  const at::Tensor& all = (slice.role == OperandRole::kParameter ? trainable_ : statistics_).device;
  return view_of(slice, all.data_ptr<float>() + slice.offset, device_);
}

void ParameterTensors::fetch() {
  if (device_.is_cpu()) return;
  const c10::NoGradGuard no_gradient;
  trainable_.device.copy_(trainable_.host);
  statistics_.device.copy_(statistics_.host);
}

void ParameterTensors::give_back_statistics() {
  if (device_.is_cpu()) return;
  const c10::NoGradGuard no_gradient;
  statistics_.host.copy_(statistics_.device);
}

}  // namespace bitloom::train
