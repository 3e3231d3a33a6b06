#include "onnx/random_graph.h"

#include <fmt/format.h>

#include "base/random.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gather.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/resize.h"
#include "ir/ops/scan.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/slice.h"

namespace bitloom::onnx_format {
namespace {

class Generator {
 public:
  Generator(std::uint64_t seed, std::uint64_t trial) : random_({seed, trial}), graph_(fmt::format("random {}", trial)) {
    const std::int64_t channels = 1 + below(4), height = 4 + below(12), width = 4 + below(12);
    last_ = graph_.add_input("x", TensorType{Shape{1, channels, height, width}, ElementType::float32(), {}});
    graph_.preprocessing = {static_cast<float>(random_.normal()), 0.1f, {}, {}};
    for (std::int64_t c = 0; c < channels; ++c) {
      graph_.preprocessing.mean.push_back(static_cast<float>(random_.normal()));
      graph_.preprocessing.std.push_back(0.1f + static_cast<float>(random_.uniform()));
    }
    if (below(2)) graph_.class_names = {"a \"quoted\" one", "zwölf", ""};
  }

  Graph make() {
    for (std::int64_t layers = 1 + below(9); layers > 0; --layers) add_layer();
    if (below(2) && last_->shape().elements() < 20000) add_classifier();
    if (below(8) == 0) add_one_hot();
    graph_.set_outputs({last_});
    if (below(4) == 0) graph_.set_outputs({last_, graph_.nodes().front()->output()});
    verify(graph_);
    return std::move(graph_);
  }

 private:
  std::int64_t below(std::uint64_t bound) { return static_cast<std::int64_t>(random_.below(bound)); }
  int small(std::uint64_t bound) { return static_cast<int>(random_.below(bound)); }

  std::string name() {
    static constexpr const char* kNames[] = {"conv", "block/conv.1", "q", "q.scale", "q.zero_point", "ä", "a b", ""};
    return kNames[random_.below(std::size(kNames))];
  }

  Value* floats(Shape shape, double low = -1, double high = 1) {
    std::vector<float> values(static_cast<std::size_t>(shape.elements()));
    for (float& value : values) value = static_cast<float>(random_.uniform(low, high));
    return graph_.add_constant(name(), Tensor(std::move(shape), std::move(values)));
  }

  Quantization quantization(ElementType element, const Shape& shape, int axis) {
    const bool per_channel = below(2);
    Quantization q{{}, 0, per_channel ? axis : -1};
    for (std::int64_t i = per_channel ? shape[axis] : 1; i > 0; --i)
      q.scales.push_back(static_cast<float>(random_.uniform(0.001, 0.1)));
    if (element.bits == 8) q.zero_point = static_cast<std::int32_t>(element.min() + below(256));
    return q;
  }

  /// Weights or a bias, as floats or as integers behind a Dequantize.
  Value* parameter(Shape shape, ElementType element) {
    if (below(2)) return floats(std::move(shape));
    TensorType type{shape, element, quantization(element, shape, 0)};
    std::vector<std::int32_t> values(static_cast<std::size_t>(shape.elements()));
    for (std::int32_t& value : values)
      value = static_cast<std::int32_t>(element.min() +
                                        below(static_cast<std::uint64_t>(element.max() - element.min() + 1)));
    return graph_.add(name(), Dequantize{}, {graph_.add_constant(name(), Tensor(std::move(type), std::move(values)))});
  }

  void add_layer() {
    switch (below(12)) {
      case 8:
      case 9:
        return add_movement();
      case 10:
        return add_resize();
      case 11:
        return add_indexing();
      case 0:
        return add_conv();
      case 1:
        return add_batch_norm();
      case 2:
        return add_activation();
      case 3:
        return add_pool();
      case 4:
        return add_quantization();
      case 5:
        last_ = graph_.add(name(), Add{}, {last_, last_});
        return;
      default:
        return add_conv();
    }
  }

  void add_conv() {
    Conv2d op;
    const std::int64_t channels = last_->shape()[1], kernel_h = 1 + below(3), kernel_w = 1 + below(3);
    op.groups = below(3) == 0 ? static_cast<int>(channels) : 1;
    op.stride_h = 1 + small(2);
    op.stride_w = 1 + small(2);
    op.dilation_h = 1 + small(2);
    op.pad_top = 2 + small(3);
    op.pad_left = 1 + small(3);
    op.pad_bottom = 2 + small(3);
    op.pad_right = 1 + small(3);
    const std::int64_t outputs = op.groups * (1 + below(3));
    Value* w = parameter(Shape{outputs, channels / op.groups, kernel_h, kernel_w}, ElementType::int8());
    Value* b = below(2) ? parameter(Shape{outputs}, ElementType::int32()) : nullptr;
    last_ = graph_.add(name(), op, {last_, w, b});
  }

  void add_batch_norm() {
    const Shape shape{last_->shape()[1]};
    BatchNorm op;
    op.epsilon = static_cast<float>(random_.uniform(1e-6, 1e-3));
    op.momentum = static_cast<float>(random_.uniform());
    last_ = graph_.add(name(), op, {last_, floats(shape), floats(shape), floats(shape), floats(shape, 0.1, 2)});
  }

  void add_activation() {
    switch (below(3)) {
      case 0:
        last_ = graph_.add(name(), Relu{}, {last_});
        return;
      case 1:
        last_ = graph_.add(name(), Tanh{}, {last_});
        return;
      default:
        last_ = graph_.add(name(), Sigmoid{}, {last_});
        return;
    }
  }

  PoolWindow window() {
    PoolWindow window{
        .kernel_h = 2 + small(2), .kernel_w = 2 + small(2), .stride_h = 1 + small(2), .stride_w = 1 + small(2)};
    window.pad_top = 1;
    window.pad_left = last_->shape()[3] > 2 ? small(2) : 1;
    window.pad_bottom = 1;
    window.pad_right = 1;
    return window;
  }

  void add_pool() {
    if (below(2)) {
      MaxPool2d op;
      op.window = window();
      last_ = graph_.add(name(), op, {last_});
    } else {
      AveragePool2d op;
      op.window = window();
      op.count_include_pad = below(2);
      last_ = graph_.add(name(), op, {last_});
    }
  }

  /// Cuts, pads, repeats and rearranges, each with attributes that a reader must take as they stand.
  void add_movement() {
    const Shape x = last_->shape();
    const std::int64_t channels = x[1], height = x[2], width = x[3];
    switch (below(10)) {
      case 0: {
        Reshape op;
        op.shape = Shape{1, channels, height * width};
        last_ = graph_.add(name(), op, {last_});
        op.shape = Shape{1, channels, width, height};
        last_ = graph_.add(name(), op, {last_});
        return;
      }
      case 1: {
        Transpose op;
        op.perm = below(2) ? std::vector<int>{0, 2, 3, 1} : std::vector<int>{0, 1, 3, 2};
        last_ = graph_.add(name(), op, {last_});
        return;
      }
      case 2: {
        Slice op;
        op.axes = {3, 1};
        op.starts = {width - 1, 0};
        op.steps = {-1 - below(2), 1};
        op.lengths = {(width - 1) / -op.steps[0] + 1, 1 + below(static_cast<std::uint64_t>(channels))};
        last_ = graph_.add(name(), op, {last_});
        return;
      }
      case 3: {
        Slice op;  // of the batch: all of it
        op.axes = {0, 2};
        op.starts = {0, below(static_cast<std::uint64_t>(height))};
        op.steps = {1, 1};
        op.lengths = {1, height - op.starts[1]};
        last_ = graph_.add(name(), op, {last_});
        return;
      }
      case 4: {
        Concat op;
        op.axis = 1;
        op.count = 2 + small(2);
        std::vector<Value*> inputs(static_cast<std::size_t>(op.count), last_);
        last_ = graph_.add(name(), op, inputs);
        return;
      }
      case 5: {
        Pad op;
        op.mode = static_cast<PadMode>(below(3));
        op.before = {0, 0, 1, height > 1 ? 1 : 0};
        op.after = {0, 0, 1 - below(2), 2};
        if (op.mode == PadMode::kConstant) op.value = static_cast<float>(random_.normal());
        last_ = graph_.add(name(), op, {last_});
        return;
      }
      case 6: {
        Tile op;
        op.repeats = {1, 1 + below(2), 1, 2};
        last_ = graph_.add(name(), op, {last_});
        return;
      }
      case 7: {
        Slice row;
        row.axes = {2};
        row.starts = {0};
        row.steps = {1};
        row.lengths = {1};
        Expand op;
        op.shape = Shape{1, channels, 3, width};
        last_ = graph_.add(name(), op, {graph_.add(name(), row, {last_})});
        return;
      }
      case 8: {
        Tile tile;
        tile.repeats = {1, 4, 1, 1};
        DepthToSpace op;
        op.block = 2;
        op.square_first = below(2);
        last_ = graph_.add(name(), op, {graph_.add(name(), tile, {last_})});
        return;
      }
      default: {
        Tile tile;
        tile.repeats = {1, 1, 2, 2};
        SpaceToDepth op;
        op.block = 2;
        last_ = graph_.add(name(), op, {graph_.add(name(), tile, {last_})});
        return;
      }
    }
  }

  void add_resize() {
    const Shape x = last_->shape();
    Resize op;
    op.mode = static_cast<ResizeMode>(below(3));
    static constexpr ResizeCoordinates kPlaces[] = {ResizeCoordinates::kHalfPixel, ResizeCoordinates::kPytorchHalfPixel,
                                                    ResizeCoordinates::kAlignCorners, ResizeCoordinates::kAsymmetric};
    op.coordinates = kPlaces[below(4)];
    if (op.mode == ResizeMode::kNearest) op.rounding = static_cast<ResizeRounding>(below(4));
    if (op.mode == ResizeMode::kCubic) op.cubic_a = -0.5f;
    if (op.mode != ResizeMode::kNearest) op.exclude_outside = below(2);
    const std::int64_t factor = 1 + below(2);
    op.scales = {1, 1, static_cast<float>(factor), x[3] > 1 ? 0.5f : 1.25f};
    op.sizes = {1, x[1], x[2] * factor, x[3] > 1 ? x[3] / 2 : 1};
    last_ = graph_.add(name(), op, {last_});
  }

  Value* indices(Shape shape, std::int64_t bound) {
    std::vector<std::int64_t> values(static_cast<std::size_t>(shape.elements()));
    for (std::int64_t& value : values) value = below(static_cast<std::uint64_t>(2 * bound)) - bound;
    return graph_.add_constant(name(), Tensor::int64(std::move(shape), std::move(values)));
  }

  void add_indexing() {
    const Shape x = last_->shape();
    switch (below(6)) {
      case 0: {
        Gather op;
        op.axis = 3;
        last_ = graph_.add(name(), op, {last_, indices({2}, x[3])});
        return;
      }
      case 1: {
        GatherElements op;
        op.axis = 2;
        last_ = graph_.add(name(), op, {last_, indices({1, x[1], 3, x[3]}, x[2])});
        return;
      }
      case 2: {
        GatherND op;
        op.batch_dims = 1;
        Value* picked = graph_.add(name(), op, {last_, indices({1, 4, 1}, x[1])});  // [1, 4, H, W]
        last_ = picked;
        return;
      }
      case 3: {
        ScatterElements op;
        op.axis = 3;
        last_ = graph_.add(name(), op, {last_, indices(x, x[3]), last_});
        return;
      }
      case 4: {
        Slice first;
        first.axes = {1};
        first.starts = {0};
        first.steps = {1};
        first.lengths = {1};
        Value* updates = graph_.add(name(), first, {last_});
        Value* at = graph_.add_constant(name(), Tensor::int64({1, 1, 2}, {0, x[1] - 1}));
        last_ = graph_.add(name(), ScatterND{}, {last_, at, updates});
        return;
      }
      default: {
        CumSum op;
        op.axis = 2;
        op.exclusive = below(2);
        op.reverse = below(2);
        last_ = graph_.add(name(), op, {last_});
        return;
      }
    }
  }

  /// Comes last: ONNX's shape inference does not look at the depth, so that nothing behind it would be known.
  void add_one_hot() {
    OneHot op;
    op.axis = 1 + small(static_cast<std::uint64_t>(last_->shape().rank()));
    op.depth = 2;
    op.off = static_cast<double>(below(2));
    last_ = graph_.add(name(), op, {last_});
  }

  void add_quantization() {
    Quantize op;
    op.element = below(2) ? ElementType::int8() : ElementType::uint8();
    op.quantization = quantization(op.element, last_->shape(), 1);
    last_ = graph_.add(name(), op, {last_});
    if (below(3) == 0) {
      MaxPool2d pool;
      pool.window = window();
      last_ = graph_.add(name(), pool, {last_});
    }
    last_ = graph_.add(name(), Dequantize{}, {last_});
  }

  void add_classifier() {
    last_ = graph_.add(name(), Flatten{}, {last_});
    const std::int64_t outputs = 1 + below(5);
    Value* b = below(2) ? parameter(Shape{outputs}, ElementType::int32()) : nullptr;
    last_ = graph_.add(name(), Gemm{}, {last_, parameter(Shape{outputs, last_->shape()[1]}, ElementType::int8()), b});
    if (below(2)) last_ = graph_.add(name(), Softmax{}, {last_});
  }

  RandomStream random_;
  Graph graph_;
  Value* last_;
};

}  // namespace

Graph random_graph(std::uint64_t seed, std::uint64_t trial) {
  return Generator(seed, trial).make();
}

}  // namespace bitloom::onnx_format
