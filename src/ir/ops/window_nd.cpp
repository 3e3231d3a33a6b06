#include "ir/ops/window_nd.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/ops/check.h"

namespace bitloom {
namespace {

using ops::require;

std::vector<std::int64_t> wide(const std::vector<int>& list) { return {list.begin(), list.end()}; }

bool is_all(const std::vector<int>& list, int value) {
  return std::ranges::all_of(list, [=](int entry) { return entry == value; });
}

}  // namespace

WindowNd::WindowNd(int axes)
    : kernel(at(axes), 1), strides(at(axes), 1), dilations(at(axes), 1), pads_begin(at(axes), 0), pads_end(at(axes), 0) {}

bool WindowNd::is_dilated() const { return !is_all(dilations, 1); }

Attributes WindowNd::attributes() const {
  Attributes list{{"kernel", wide(kernel)}};
  if (!is_all(strides, 1)) list.emplace_back("strides", wide(strides));
  if (!is_all(pads_begin, 0)) list.emplace_back("pads_begin", wide(pads_begin));
  if (!is_all(pads_end, 0)) list.emplace_back("pads_end", wide(pads_end));
  if (is_dilated()) list.emplace_back("dilations", wide(dilations));
  return list;
}

void WindowNd::check(const Node& node, const Shape& x) const {
  for (const std::vector<int>* list : {&kernel, &strides, &dilations, &pads_begin, &pads_end})
    require(static_cast<int>(list->size()) == axes(), node, fmt::format("a window of {} axes with {} entries", axes(), list->size()),
            "give one for each axis of the image");
  require(axes() >= 1 && x.rank() == axes() + 2, node, fmt::format("input has shape {} under a window of {} axes", to_string(x), axes()),
          "feed it a tensor NxCx... with as many axes behind the channels");
  const auto require_least = [&](const char* what, const std::vector<int>& list, int least) {
    require(std::ranges::min(list) >= least, node, fmt::format("{} hold {}", what, std::ranges::min(list)),
            fmt::format("use at least {}", least));
  };
  require_least("kernel sizes", kernel, 1);
  require_least("strides", strides, 1);
  require_least("dilations", dilations, 1);
  require_least("pads", pads_begin, 0);
  require_least("pads", pads_end, 0);
}

std::vector<std::int64_t> WindowNd::positions(const Node& node, const Shape& x) const {
  check(node, x);
  std::vector<std::int64_t> result;
  for (int axis = 0; axis < axes(); ++axis) {
    const std::int64_t room = x[axis + 2] + pads(axis) - extent(axis);
    require(room >= 0, node,
            fmt::format("kernel {} (with dilation) exceeds the padded input's {} along axis {}", extent(axis), x[axis + 2] + pads(axis),
                        axis + 2),
            "use a smaller kernel or more padding");
    result.push_back(room / strides[at(axis)] + 1);
  }
  return result;
}

double WindowNd::steps(const Node& node) const {
  double steps = static_cast<double>(node.output()->shape().elements());
  for (int axis = 0; axis < axes(); ++axis)
    steps *= static_cast<double>(std::clamp<std::int64_t>(node.input(0)->shape()[axis + 2], 1, kernel[at(axis)]));
  return steps;
}

namespace ops {

std::span<const std::int64_t> image_axes(const Shape& shape) { return std::span(shape.dims()).subspan(2); }

bool next_index(std::vector<std::int64_t>& index, std::span<const std::int64_t> sizes) {
  for (std::size_t axis = index.size(); axis-- > 0;) {
    if (++index[axis] < sizes[axis]) return true;
    index[axis] = 0;
  }
  return false;
}

Covered covered(const WindowNd& window, int axis, std::int64_t position, std::int64_t size) {
  const auto a = static_cast<std::size_t>(axis);
  const std::int64_t start = position * window.strides[a] - window.pads_begin[a], step = window.dilations[a];
  return {start < 0 ? (-start + step - 1) / step : 0,
          start < size ? std::min<std::int64_t>(window.kernel[a], (size - 1 - start) / step + 1) : 0};
}

std::vector<Tap> taps(const WindowNd& window, std::span<const std::int64_t> position, std::span<const std::int64_t> sizes) {
  std::vector<std::int64_t> first, counts;
  for (int axis = 0; axis < window.axes(); ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    const Covered inside = covered(window, axis, position[a], sizes[a]);
    if (inside.begin >= inside.end) return {};
    first.push_back(inside.begin);
    counts.push_back(inside.end - inside.begin);
  }
  std::vector<std::int64_t> offset(counts.size());
  std::vector<Tap> result;
  do {
    Tap tap{0, 0};
    for (std::size_t a = 0; a < offset.size(); ++a) {
      const std::int64_t u = first[a] + offset[a];
      tap.kernel = tap.kernel * window.kernel[a] + u;
      tap.image = tap.image * sizes[a] + position[a] * window.strides[a] + u * window.dilations[a] - window.pads_begin[a];
    }
    result.push_back(tap);
  } while (next_index(offset, counts));
  return result;
}

}  // namespace ops
}  // namespace bitloom
