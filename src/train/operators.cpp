#include "train/operators.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/binary.h"
#include "ir/ops/quantization.h"
#include "ir/ops/unary.h"
#include "train/kernels/kernels.h"

namespace bitloom::train {
namespace {

bool is_activation(const Node& node) {
  const Clip* clip = node.as<Clip>();
  return node.is<Relu>() || (clip && clip->low < clip->high);
}

/// Whether `add` adds a value of the same shape to what `norm` gives. Of two norms that are added, the first takes the other's.
bool adds_residual(const Node& add, const Node& norm) {
  if (!add.is<Add>()) return false;
  const int other = add.input(0) == norm.output() ? 1 : 0;
  const Node* producer = add.producer(other);
  const bool is_taken = other == 0 && producer && producer->is<BatchNorm>() && producer->single_consumer();
  return !is_taken && !add.input(other)->is_constant() && add.input(other)->shape() == norm.output()->shape();
}

}  // namespace

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

std::vector<const Node*> fused_chain(const Node& first) {
  std::vector<const Node*> chain{&first};
  const auto next = [&] { return chain.back()->single_consumer(); };
  if (first.is<Quantize>() && next() && next()->is<Dequantize>()) chain.push_back(next());
  if (!first.is<BatchNorm>()) return chain;
  if (next() && adds_residual(*next(), first)) chain.push_back(next());
  if (next() && is_activation(*next())) chain.push_back(next());
  return chain;
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
