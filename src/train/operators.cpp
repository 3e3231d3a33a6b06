#include "train/operators.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/quantization.h"
#include "ir/ops/unary.h"
#include "train/kernels/kernels.h"

namespace bitloom::train {

Kernel make_kernel(const Node& node) {
  std::vector<std::string> names;
  for (const KernelFamily family :
       {batch_norm_kernels(), elementwise_kernels(), fake_quantize_kernels(), movement_kernels(), quantization_kernels(), reduction_kernels(),
        window_kernels(), window_nd_kernels()})
    for (const KernelEntry& entry : family) {
      if (entry.op == node.op().name()) return entry.prepare(node);
      names.emplace_back(entry.op);
    }
  std::ranges::sort(names);
  throw InputError(node.where(), "the LibTorch executor runs float and QDQ networks, which have no such operator",
                   "give it the network before lowering; it knows " + join(names, ", "));
}

const Node* fused_user(const Node& node) {
  const Node* user = node.single_consumer();
  if (!user) return nullptr;
  const Clip* clip = user->as<Clip>();
  const bool is_activation = user->is<Relu>() || (clip && clip->low < clip->high);
  return (node.is<BatchNorm>() && is_activation) || (node.is<Quantize>() && user->is<Dequantize>()) ? user : nullptr;
}

at::Tensor to_torch(const Tensor& tensor) {
  at::Tensor result = at::empty(tensor.shape().dims(), at::kFloat);
  float* out = result.data_ptr<float>();
  tensor.visit([&](auto values) { std::ranges::transform(values, out, [](auto value) { return static_cast<float>(value); }); });
  return tensor.shape().rank() == 4 ? result.contiguous(at::MemoryFormat::ChannelsLast) : result;
}

Tensor from_torch(const at::Tensor& tensor, const TensorType& type) {
  const at::Tensor rows = tensor.contiguous();
  const std::span values(rows.data_ptr<float>(), static_cast<std::size_t>(rows.numel()));
  const Shape shape(rows.sizes().vec());
  if (type.element.is_float) return Tensor(shape, std::vector<float>(values.begin(), values.end()));
  Tensor integers(TensorType{shape, type.element, type.quantization});
  integers.visit([&](auto out) {
    using T = typename decltype(out)::value_type;
    std::ranges::transform(values, out.begin(), [](float q) { return static_cast<T>(q); });
  });
  return integers;
}

}  // namespace bitloom::train
