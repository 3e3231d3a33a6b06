#include <ATen/ops/add.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>
#include <vector>

#include "base/error.h"
#include "ir/ops/gather.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/resize.h"
#include "ir/ops/scan.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/slice.h"
#include "train/kernels/kernels.h"
#include "train/parameters.h"

namespace bitloom::train {
namespace {

/// `shape` for as many images as `x` holds; nodes that keep the images on axis 0 keep their number.
std::vector<std::int64_t> batched(std::vector<std::int64_t> shape, const at::Tensor& x, bool stacks) {
  if (stacks && !shape.empty()) shape[0] = x.size(0);
  return shape;
}

at::Tensor index_tensor(const std::vector<std::int64_t>& indices) {
  return at::from_blob(const_cast<std::int64_t*>(indices.data()), {static_cast<std::int64_t>(indices.size())}, at::kLong).clone();
}

Kernel flatten(const Node& node) {
  if (flattens_in_place(node)) return [](Operands in, Mode) { return in[0].permute({0, 2, 3, 1}).flatten(1); };
  return [](Operands in, Mode) { return in[0].flatten(1); };
}

Kernel reshape(const Node& node) {
  return [shape = node.as<Reshape>()->shape.dims(), stacks = node.op().stacks_images(node)](Operands in, Mode) {
    return in[0].reshape(batched(shape, in[0], stacks));
  };
}

Kernel transpose(const Node& node) {
  const std::vector<int>& perm = node.as<Transpose>()->perm;
  return [axes = std::vector<std::int64_t>(perm.begin(), perm.end())](Operands in, Mode) { return in[0].permute(axes); };
}

Kernel expand(const Node& node) {
  return [shape = node.as<Expand>()->shape.dims(), stacks = node.op().stacks_images(node)](Operands in, Mode) {
    return in[0].expand(batched(shape, in[0], stacks));
  };
}

Kernel slice(const Node& node) {
  return [op = *node.as<Slice>(), whole_batch = node.op().stacks_images(node)](Operands in, Mode) {
    at::Tensor y = in[0];
    for (std::size_t i = 0; i < op.axes.size(); ++i) {
      const std::int64_t axis = op.axes[i], step = std::abs(op.steps[i]), length = op.lengths[i];
      if (axis == 0 && whole_batch) continue;
      // LibTorch walks forwards only: what is to be walked backwards is cut out first and turned round then.
      const std::int64_t last = op.starts[i] + (length - 1) * op.steps[i], first = std::min(op.starts[i], last);
      y = length == 0 ? y.narrow(axis, 0, 0) : y.slice(axis, first, std::max(op.starts[i], last) + 1, step);
      if (op.steps[i] < 0) y = at::flip(y, {axis});
    }
    return y;
  };
}

Kernel concat(const Node& node) {
  return [axis = node.as<Concat>()->axis](Operands in, Mode) {
    std::int64_t images = 1;
    for (const at::Tensor& x : in) images = std::max(images, x.size(0));
    std::vector<at::Tensor> parts;
    for (const at::Tensor& x : in) {
      std::vector<std::int64_t> repeats(static_cast<std::size_t>(x.dim()), 1);
      if (axis != 0) repeats[0] = images / x.size(0);  // a constant goes beside every image
      parts.push_back(repeats[0] == 1 ? x : x.repeat(repeats));
    }
    return at::cat(parts, axis);
  };
}

/// What only moves elements within an image moves their positions alike: the operator's own reference is run once on positions, and a pass
/// picks by what it says. `sources` are the operands that hold elements; they are numbered through, one operand after the other.
Kernel by_positions(const Node& node, std::span<const int> sources) {
  std::vector<Tensor> operands;
  std::vector<std::pair<std::size_t, std::int64_t>> rows;  // operand, and how many elements of it an image has
  std::int64_t count = 0;
  for (int i = 0; i < static_cast<int>(node.inputs().size()); ++i) {
    const Value& value = *node.input(i);
    if (std::ranges::find(sources, i) == sources.end()) {
      if (!value.is_constant())
        throw InputError(node.where(), "its indices are computed, which LibTorch's gradient stops at",
                         "index by constants");
      operands.push_back(value.constant());
      continue;
    }
    std::vector<std::int64_t> positions(static_cast<std::size_t>(value.shape().elements()));
    std::iota(positions.begin(), positions.end(), count);
    operands.push_back(Tensor::int64(value.shape(), std::move(positions)));
    rows.emplace_back(i, value.shape().elements());
    count += value.shape().elements();
  }
  std::vector<const Tensor*> inputs;
  for (const Tensor& operand : operands) inputs.push_back(&operand);
  std::vector<Tensor> outputs{Tensor(TensorType{node.output()->shape(), ElementType::int64(), {}})};
  node.evaluate(inputs, outputs);
  const auto from = outputs[0].indices();
  return [rows, picked = index_tensor({from.begin(), from.end()}), shape = node.output()->shape().dims()](Operands in, Mode) {
    std::vector<at::Tensor> images;
    for (const auto& [operand, elements] : rows) images.push_back(in[operand].reshape({-1, elements}));
    std::vector<std::int64_t> batch = shape;
    if (!batch.empty()) batch[0] *= images[0].size(0);
    return at::index_select(images.size() == 1 ? images[0] : at::cat(images, 1), 1, beside(images[0], picked)).reshape(batch);
  };
}

Kernel by_positions_of_x(const Node& node) {
  static constexpr int kX[] = {0};
  return by_positions(node, kX);
}

Kernel scatter(const Node& node) {
  static constexpr int kXAndUpdates[] = {0, 2};
  return by_positions(node, kXAndUpdates);
}

Kernel pad(const Node& node) {
  const Pad& op = *node.as<Pad>();
  if (op.mode == PadMode::kConstant) {
    std::vector<std::int64_t> pads;  // LibTorch counts axes from the last
    for (std::size_t axis = op.before.size(); axis-- > 0;) pads.insert(pads.end(), {op.before[axis], op.after[axis]});
    return [pads, value = op.value](Operands in, Mode) { return at::constant_pad_nd(in[0], pads, value); };
  }
  return by_positions_of_x(node);
}

Kernel cum_sum(const Node& node) {
  return [op = *node.as<CumSum>()](Operands in, Mode) {
    const at::Tensor x = op.reverse ? at::flip(in[0], {op.axis}) : in[0];
    at::Tensor sums = at::cumsum(x, op.axis);
    if (op.exclusive) sums = at::sub(sums, x);
    return op.reverse ? at::flip(sums, {op.axis}) : sums;
  };
}

Kernel one_hot(const Node& node) {
  const OneHot& op = *node.as<OneHot>();
  std::vector<std::int64_t> along(static_cast<std::size_t>(node.output()->shape().rank()), 1);
  along[static_cast<std::size_t>(op.axis)] = op.depth;
  const at::Tensor positions = at::arange(op.depth, at::kFloat).reshape(along);
  return [op, positions](Operands in, Mode) {
    const at::Tensor index = in[0].trunc();
    const at::Tensor wrapped = at::where(at::lt(index, 0), at::add(index, static_cast<double>(op.depth)), index).unsqueeze(op.axis);
    const auto number = [&](double value) { return beside(index, at::zeros({}).add(value)); };
    return at::where(at::eq(wrapped, beside(index, positions)), number(op.on), number(op.off));
  };
}

/// Interpolation along an axis is a matrix that the operator's taps fill, so every mode has its exact gradient.
Kernel resize(const Node& node) {
  struct Step {
    std::int64_t axis;
    at::Tensor weights;  ///< [out, in]
    at::Tensor outside;  ///< [out]: what is added where a pixel has no taps
  };
  const Resize& op = *node.as<Resize>();
  const Shape& x = node.input(0)->shape();
  std::vector<Step> steps;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (op.keeps(axis) && op.sizes[static_cast<std::size_t>(axis)] == x[axis]) continue;
    const std::vector<Resize::Taps> taps = op.taps(axis, x[axis]);
    Step& step = steps.emplace_back(Step{axis, at::zeros({static_cast<std::int64_t>(taps.size()), x[axis]}),
                                         at::zeros({static_cast<std::int64_t>(taps.size())})});
    float* row = step.weights.data_ptr<float>();
    for (std::size_t i = 0; i < taps.size(); ++i, row += x[axis]) {
      for (std::size_t k = 0; k < taps[i].pixels.size(); ++k) row[taps[i].pixels[k]] += taps[i].weights[k];
      if (taps[i].pixels.empty()) step.outside.data_ptr<float>()[i] = op.extrapolation_value;
    }
  }
  return [steps](Operands in, Mode) {
    at::Tensor y = in[0];
    for (const Step& step : steps)
      y = at::matmul(y.transpose(step.axis, -1), beside(y, step.weights).t()).add(beside(y, step.outside)).transpose(step.axis, -1);
    return y;
  };
}

constexpr KernelEntry kKernels[] = {
    {Concat::kName, concat},
    {CumSum::kName, cum_sum},
    {DepthToSpace::kName, by_positions_of_x},
    {Expand::kName, expand},
    {Flatten::kName, flatten},
    {Gather::kName, by_positions_of_x},
    {GatherElements::kName, by_positions_of_x},
    {GatherND::kName, by_positions_of_x},
    {OneHot::kName, one_hot},
    {Pad::kName, pad},
    {Reshape::kName, reshape},
    {Resize::kName, resize},
    {ScatterElements::kName, scatter},
    {Slice::kName, slice},
    {SpaceToDepth::kName, by_positions_of_x},
    {Tile::kName, by_positions_of_x},
    {Transpose::kName, transpose},
};

}  // namespace

KernelFamily movement_kernels() { return kKernels; }

}  // namespace bitloom::train
