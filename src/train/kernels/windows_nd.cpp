#include <ATen/ops/add.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/div.h>
#include <ATen/ops/full.h>
#include <ATen/ops/max_pool3d.h>
#include <ATen/ops/ones.h>

#include <limits>
#include <vector>

#include "base/error.h"
#include "ir/ops/conv_nd.h"
#include "ir/ops/pool_nd.h"
#include "train/kernels/kernels.h"

/// Windows over images of one axis or three; those over two are in windows.cpp.
namespace bitloom::train {
namespace {

using Sizes = std::vector<std::int64_t>;

Sizes wide(const std::vector<int>& list) { return {list.begin(), list.end()}; }

/// The window of `op`, which LibTorch must have enough axes for.
template <class T>
const WindowNd& window_of(const Node& node) {
  constexpr int kMostAxes = 3;
  const WindowNd& window = node.as<T>()->window;
  if (window.axes() > kMostAxes) throw InputError(node.where(), "LibTorch has windows of at most three axes", "train a network without it");
  return window;
}

/// `x` with as many elements more at both ends of each image axis; fewer where an entry is negative.
at::Tensor pad(const at::Tensor& x, const Sizes& begin, const Sizes& end, double value) {
  Sizes pairs;  // from the last axis on
  for (std::size_t axis = begin.size(); axis-- > 0;) pairs.insert(pairs.end(), {begin[axis], end[axis]});
  return at::constant_pad_nd(x, pairs, value);
}

Kernel conv_nd(const Node& node) {
  const WindowNd& window = window_of<ConvNd>(node);
  return [begin = wide(window.pads_begin), end = wide(window.pads_end), strides = wide(window.strides), dilations = wide(window.dilations),
          none = Sizes(window.kernel.size()), groups = node.as<ConvNd>()->groups](Operands in, Mode) {
    const at::Tensor bias = in.size() > 2 ? in[2] : at::Tensor();
    return at::convolution(pad(in[0], begin, end, 0), in[1], bias, strides, none, dilations, /*transposed=*/false, none, groups);
  };
}

/// The whole result, cropped or extended at its ends before the bias.
Kernel conv_transpose_nd(const Node& node) {
  const WindowNd& window = window_of<ConvTransposeNd>(node);
  const ConvTransposeNd& op = *node.as<ConvTransposeNd>();
  Sizes begin, end;
  for (std::size_t axis = 0; axis < window.kernel.size(); ++axis) {
    begin.push_back(-window.pads_begin[axis]);
    end.push_back(op.output_pads[axis] - window.pads_end[axis]);
  }
  Sizes per_channel(window.kernel.size() + 2, 1);
  per_channel[1] = -1;
  return [=, strides = wide(window.strides), dilations = wide(window.dilations), none = Sizes(window.kernel.size()),
          groups = op.groups](Operands in, Mode) {
    const at::Tensor whole = at::convolution(in[0], in[1], at::Tensor(), strides, none, dilations, /*transposed=*/true, none, groups);
    const at::Tensor y = pad(whole, begin, end, 0);
    return in.size() > 2 ? at::add(y, in[2].reshape(per_channel)) : y;
  };
}

/// Over three axes, of which the first ones have length 1 where the image has fewer.
Kernel max_pool_nd(const Node& node) {
  const WindowNd& window = window_of<MaxPoolNd>(node);
  const std::size_t missing = 3 - window.kernel.size();
  const auto lifted = [&](const std::vector<int>& list) {
    Sizes sizes(missing, 1);
    sizes.insert(sizes.end(), list.begin(), list.end());
    return sizes;
  };
  return [=, kernel = lifted(window.kernel), strides = lifted(window.strides), dilations = lifted(window.dilations), begin = wide(window.pads_begin),
          end = wide(window.pads_end)](Operands in, Mode) {
    at::Tensor x = pad(in[0], begin, end, -std::numeric_limits<double>::infinity());  // which never wins
    for (std::size_t axis = 0; axis < missing; ++axis) x = x.unsqueeze(2);
    at::Tensor y = at::max_pool3d(x, kernel, strides, Sizes(3), dilations);
    for (std::size_t axis = 0; axis < missing; ++axis) y = y.squeeze(2);
    return y;
  };
}

/// A convolution of each channel by itself.
Kernel average_pool_nd(const Node& node) {
  const WindowNd& window = window_of<AveragePoolNd>(node);
  double size = 1;
  Sizes weights{1, 1}, image{1, 1};
  for (const int length : window.kernel) {
    size *= length;
    weights.push_back(length);
  }
  const auto mean = [=, begin = wide(window.pads_begin), end = wide(window.pads_end), strides = wide(window.strides),
                     dilations = wide(window.dilations), none = Sizes(window.kernel.size())](const at::Tensor& x) {
    Sizes of_each_channel = weights;
    of_each_channel[0] = x.size(1);
    const at::Tensor share = beside(x, at::full(of_each_channel, 1 / size));
    return at::convolution(pad(x, begin, end, 0), share, at::Tensor(), strides, none, dilations, /*transposed=*/false, none, x.size(1));
  };
  if (node.as<AveragePoolNd>()->count_include_pad) return [=](Operands in, Mode) { return mean(in[0]); };
  for (const std::int64_t length : ops::image_axes(node.input(0)->shape())) image.push_back(length);
  return [=, share_inside = mean(at::ones(image))](Operands in, Mode) { return at::div(mean(in[0]), beside(in[0], share_inside)); };
}

constexpr KernelEntry kKernels[] = {
    {AveragePoolNd::kName, average_pool_nd},
    {ConvNd::kName, conv_nd},
    {ConvTransposeNd::kName, conv_transpose_nd},
    {MaxPoolNd::kName, max_pool_nd},
};

}  // namespace

KernelFamily window_nd_kernels() { return kKernels; }

}  // namespace bitloom::train
