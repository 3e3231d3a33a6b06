#include "onnx/random_graph.h"

#include <fmt/format.h>

#include "base/random.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/conv_transpose2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gather.h"
#include "ir/ops/gemm.h"
#include "ir/ops/layer_norm.h"
#include "ir/ops/lrn.h"
#include "ir/ops/matmul.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/reduce.h"
#include "ir/ops/resize.h"
#include "ir/ops/scan.h"
#include "ir/ops/selection.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/slice.h"
#include "ir/ops/softmax.h"

namespace bitloom::onnx_format {
namespace {

class Generator {
 public:
  Generator(std::uint64_t seed, std::uint64_t trial, bool qonnx) : random_({seed, trial}), graph_(fmt::format("random {}", trial)), qonnx_(qonnx) {
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
    outputs_.insert(outputs_.begin(), last_);
    const bool integers_first = !graph_.nodes().front()->output()->type().element.is_float;  // QONNX has no integers between nodes
    if (below(4) == 0 && !(qonnx_ && integers_first)) outputs_.push_back(graph_.nodes().front()->output());
    graph_.set_outputs(outputs_);
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
    const bool per_channel = below(2) && !(qonnx_ && shape[axis] == 1);  // of one channel, QONNX cannot tell it from per tensor
    Quantization q{{}, 0, per_channel ? axis : -1};
    for (std::int64_t i = per_channel ? shape[axis] : 1; i > 0; --i)
      q.scales.push_back(static_cast<float>(random_.uniform(0.001, 0.1)));
    if (element.bits == 8) q.zero_point = static_cast<std::int32_t>(element.min() + below(256));
    if (q.scales.size() > 1 && element.bits == 8 && below(3) == 0) {  // zero points that differ from channel to channel
      q.zero_point = 0;
      for (std::size_t i = 0; i < q.scales.size(); ++i) q.zero_points.push_back(static_cast<std::int32_t>(element.min() + (i == 0 ? 1 : below(256))));
      q.zero_points.back() = static_cast<std::int32_t>(element.min());
    }
    return q;
  }

  /// Weights or a bias, as floats or as integers behind a Dequantize.
  Value* parameter(Shape shape, ElementType element) {
    if (below(2)) return floats(std::move(shape));
    if (qonnx_ && element.bits == 8 && below(2)) element = ElementType::integer(1 + small(16), below(2));
    TensorType type{shape, element, quantization(element, shape, 0)};
    std::vector<std::int32_t> values(static_cast<std::size_t>(shape.elements()));
    for (std::int32_t& value : values)
      value = static_cast<std::int32_t>(element.min() +
                                        below(static_cast<std::uint64_t>(element.max() - element.min() + 1)));
    if (element.is_bipolar())
      for (std::int32_t& value : values) value = value < 0 ? -1 : 1;
    return graph_.add(name(), Dequantize{}, {graph_.add_constant(name(), Tensor(std::move(type), std::move(values)))});
  }

  void add_layer() {
    switch (below(20)) {
      case 0:
      case 1:
        return add_conv();
      case 2:
        return add_batch_norm();
      case 3:
        return add_activation();
      case 4:
        return add_pool();
      case 5:
        return add_quantization();
      case 6:
        last_ = graph_.add(name(), Add{}, {last_, last_});
        return;
      case 7:
      case 8:
        return add_function();
      case 9:
        return add_binary();
      case 10:
        return add_choice();
      case 11:
        return add_cast();
      case 12:
        return add_movement();
      case 13:
        return add_resize();
      case 15:
        return add_conv_transpose();
      case 16:
        return add_normalization();
      case 17:
        return add_reduction();
      case 18:
        return add_selection();
      case 19:
        last_ = graph_.add(name(), MatMul{}, {last_, floats({last_->shape()[3], 1 + below(4)})});
        return;
      default:
        return add_indexing();
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

  void add_conv_transpose() {
    const Shape& x = last_->shape();
    ConvTranspose2d op;
    op.groups = below(3) == 0 ? static_cast<int>(x[1]) : 1;
    op.stride_h = x[2] < 20 ? 1 + small(2) : 1;
    op.dilation_w = 1 + small(2);
    op.pad_top = small(2);
    op.pad_right = small(2);
    op.output_pad_h = small(static_cast<std::uint64_t>(op.stride_h));
    const std::int64_t outputs_per_group = 1 + below(2);
    Value* w = floats({x[1], outputs_per_group, 2, 2});
    last_ = graph_.add(name(), op, {last_, w, below(2) ? floats({outputs_per_group * op.groups}) : nullptr});
  }

  void add_normalization() {
    const Shape& x = last_->shape();
    switch (below(4)) {
      case 0: {
        LayerNorm op;
        op.axis = 2 + small(2);
        op.statistics = below(2);
        const Shape shape(std::vector<std::int64_t>(x.dims().begin() + op.axis, x.dims().end()));
        last_ = graph_.add(name(), op, {last_, floats(shape), below(2) ? floats(shape) : nullptr});
        return;
      }
      case 1: {
        InstanceNorm op;
        op.epsilon = static_cast<float>(random_.uniform(1e-6, 1e-3));
        last_ = graph_.add(name(), op, {last_, floats({x[1]}), floats({x[1]})});
        return;
      }
      case 2: {
        MeanVarianceNorm op;
        op.axes = below(2) ? std::vector<int>{0, 2, 3} : std::vector<int>{1};
        last_ = graph_.add(name(), op, {last_});
        return;
      }
      default: {
        Lrn op;
        op.size = 1 + small(4);
        op.alpha = static_cast<float>(random_.uniform(1e-4, 1));
        op.beta = 0.5f;
        op.bias = static_cast<float>(random_.uniform(0.1, 2));
        last_ = graph_.add(name(), op, {last_});
        return;
      }
    }
  }

  template <class T>
  void add_reduction_by() {
    T op;
    op.axes = below(2) ? std::vector<int>{1} : below(2) ? std::vector<int>{2, 3} : std::vector<int>{1, 3};
    last_ = graph_.add(name(), op, {last_});
  }

  void add_reduction() {
    constexpr void (Generator::*kAll[])() = {
        &Generator::add_reduction_by<ReduceL1>,        &Generator::add_reduction_by<ReduceL2>,   &Generator::add_reduction_by<ReduceLogSum>,
        &Generator::add_reduction_by<ReduceLogSumExp>, &Generator::add_reduction_by<ReduceMax>,  &Generator::add_reduction_by<ReduceMean>,
        &Generator::add_reduction_by<ReduceMin>,       &Generator::add_reduction_by<ReduceProd>, &Generator::add_reduction_by<ReduceSum>,
        &Generator::add_reduction_by<ReduceSumSquare>,
    };
    (this->*kAll[random_.below(std::size(kAll))])();
  }

  template <class T>
  Value* add_along_axis() {
    T op;
    op.axis = -1 - small(static_cast<std::uint64_t>(last_->shape().rank() - 1));
    return graph_.add(name(), op, {last_});
  }

  template <class T>
  void add_arg() {
    T op;
    op.axis = 1 + small(3);
    op.keep_dims = below(2);
    op.select_last = below(2);
    outputs_.push_back(graph_.add(name(), op, {last_}));
  }

  void add_selection() {
    switch (below(4)) {
      case 0:
        return below(2) ? add_arg<ArgMax>() : add_arg<ArgMin>();
      case 1: {
        TopK op;
        op.axis = 1 + small(3);
        op.k = 1 + below(static_cast<std::uint64_t>(last_->shape()[op.axis]));
        op.largest = below(2);
        const Node* node = graph_.add_node(name(), std::make_unique<TopK>(op), {last_});
        last_ = node->output();
        if (below(2)) outputs_.push_back(node->outputs()[1]);
        return;
      }
      case 2:
        last_ = add_along_axis<Hardmax>();
        return;
      default:
        last_ = add_along_axis<LogSoftmax>();
        return;
    }
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
        return add_unary(Relu{});
      case 1:
        return add_unary(Tanh{});
      default:
        return add_unary(Sigmoid{});
    }
  }

  template <class T>
  void add_unary(T op) {
    last_ = graph_.add(name(), op, {last_});
  }

  /// One of the functions in the list, each as likely.
  template <class... Ops>
  void add_any(Ops... ops) {
    std::int64_t skipped = below(sizeof...(Ops));
    ((skipped-- == 0 ? add_unary(ops) : void()), ...);
  }

  float real(double low = -1, double high = 1) { return static_cast<float>(random_.uniform(low, high)); }

  void add_function() {
    for (int i = 0; i < 3; ++i)
      add_any(Abs{}, Acos{}, Acosh{}, Asin{}, Asinh{}, Atan{}, Atanh{}, Ceil{}, Cos{}, Cosh{}, Erf{}, Exp{}, Floor{}, HardSwish{}, Log{},
              Mish{}, Neg{}, Reciprocal{}, Round{}, Sign{}, Sin{}, Sinh{}, Softplus{}, Softsign{}, Sqrt{}, Tan{});
    Celu celu;
    Clip clip;
    Elu elu;
    Gelu gelu;
    HardSigmoid hard_sigmoid;
    LeakyRelu leaky_relu;
    Selu selu;
    Shrink shrink;
    ThresholdedRelu thresholded_relu;
    celu.alpha = real(0.5, 2);
    if (below(3)) clip.low = real(-1, 0);
    if (below(3)) clip.high = real(0, 1);
    elu.alpha = real();
    gelu.tanh = below(2);
    hard_sigmoid.alpha = real();
    hard_sigmoid.beta = real();
    leaky_relu.alpha = real();
    selu.alpha = real();
    selu.gamma = real();
    shrink.lambda = real();
    shrink.bias = real();
    thresholded_relu.alpha = real();
    add_any(celu, clip, elu, gelu, hard_sigmoid, leaky_relu, selu, shrink, thresholded_relu);
  }

  /// A constant that is broadcast to the last tensor: a scalar, a row, a value per channel, or all of one image.
  Value* fitting() {
    const Shape shape = last_->shape();
    const Shape fitting[] = {{}, {1}, {shape[3]}, {shape[1], 1, 1}, {1, shape[1], 1, shape[3]}, shape};
    return floats(fitting[below(std::size(fitting))], 0.5, 2);
  }

  void add_binary() {
    Value* a = last_;
    Value* b = below(3) ? fitting() : a;
    if (below(2)) std::swap(a, b);
    Mod mod;
    mod.c_sign = true;
    switch (below(9)) {
      case 0:
        last_ = graph_.add(name(), Add{}, {a, b});
        return;
      case 1:
        last_ = graph_.add(name(), Sub{}, {a, b});
        return;
      case 2:
        last_ = graph_.add(name(), Mul{}, {a, b});
        return;
      case 3:
        last_ = graph_.add(name(), Div{}, {a, b});
        return;
      case 4:
        last_ = graph_.add(name(), Min{}, {a, b});
        return;
      case 5:
        last_ = graph_.add(name(), Max{}, {a, b});
        return;
      case 6:
        last_ = graph_.add(name(), mod, {a, b});
        return;
      case 7:
        last_ = graph_.add(name(), Pow{}, {a, b});
        return;
      default:
        last_ = graph_.add(name(), PRelu{}, {last_, fitting()});
        return;
    }
  }

  Value* comparison() {
    Value* bound = fitting();
    switch (below(6)) {
      case 0:
        return graph_.add(name(), Equal{}, {last_, bound});
      case 1:
        return graph_.add(name(), Less{}, {last_, bound});
      case 2:
        return graph_.add(name(), LessOrEqual{}, {last_, bound});
      case 3:
        return graph_.add(name(), Greater{}, {last_, bound});
      case 4:
        return graph_.add(name(), GreaterOrEqual{}, {last_, bound});
      default:
        break;
    }
    if (below(2)) return graph_.add(name(), IsNaN{}, {last_});
    IsInf op;
    op.positive = below(2);
    op.negative = below(2);
    return graph_.add(name(), op, {last_});
  }

  /// Where one or two conditions hold the last tensor, elsewhere a constant.
  void add_choice() {
    Value* condition = comparison();
    if (below(4) == 0) condition = graph_.add(name(), Not{}, {condition});
    switch (below(4)) {
      case 0:
        condition = graph_.add(name(), And{}, {condition, comparison()});
        break;
      case 1:
        condition = graph_.add(name(), Or{}, {condition, comparison()});
        break;
      case 2:
        condition = graph_.add(name(), Xor{}, {condition, comparison()});
        break;
      default:
        break;
    }
    last_ = graph_.add(name(), Where{}, {condition, last_, fitting()});
  }

  /// To integers or booleans and back, or to a narrower float.
  void add_cast() {
    Cast op;
    if (below(2)) {
      op.format = below(2) ? FloatFormat::kFloat16 : FloatFormat::kBfloat16;
      return add_unary(op);
    }
    const ElementType types[] = {ElementType::boolean(), ElementType::int8(), ElementType::uint8(), ElementType::integer(16, true),
                                 ElementType::int32(), ElementType::int64()};
    op.element = types[below(std::size(types))];
    add_unary(op);
    if (op.element == ElementType::int64()) add_any(Abs{}, Neg{}, Sign{});
    add_unary(Cast{});
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

  /// A quantizer as QONNX knows it: any width and rounding, between reals.
  void add_quantizer() {
    constexpr Rounding kOfAnyZeroPoint[] = {Rounding::kFloor, Rounding::kCeil};
    constexpr Rounding kOfNone[] = {Rounding::kHalfToEven,  Rounding::kAwayFromZero,     Rounding::kFloor,
                                    Rounding::kTowardsZero, Rounding::kHalfAwayFromZero, Rounding::kHalfTowardsZero};
    Quantize op;
    op.element = ElementType::integer(1 + small(16), below(2));
    op.quantization = quantization(ElementType::int32(), last_->shape(), 1);
    op.rounding = kOfNone[random_.below(std::size(kOfNone))];
    if (!op.element.is_signed && below(2)) {
      op.quantization.zero_point = static_cast<std::int32_t>(1 + below(static_cast<std::uint64_t>(op.element.max())));
      op.rounding = below(2) ? kOfAnyZeroPoint[random_.below(2)] : op.quantization.zero_point % 2 ? Rounding::kHalfToOdd : Rounding::kHalfToEven;
    }
    if (op.element.is_bipolar()) op.rounding = Rounding::kHalfToEven;
    op.narrow = op.element.bits > 1 && below(2);
    last_ = graph_.add(name(), Dequantize{}, {graph_.add(name(), op, {last_})});
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
    if (qonnx_ && below(3)) return add_quantizer();
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
    if (below(2)) last_ = add_along_axis<Softmax>();
  }

  RandomStream random_;
  Graph graph_;
  const bool qonnx_;
  Value* last_;
  std::vector<Value*> outputs_;  ///< beside the last
};

}  // namespace

Graph random_graph(std::uint64_t seed, std::uint64_t trial) {
  return Generator(seed, trial, false).make();
}

Graph random_qonnx_graph(std::uint64_t seed, std::uint64_t trial) {
  return Generator(seed, trial, true).make();
}

}  // namespace bitloom::onnx_format
