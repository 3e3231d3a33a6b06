#include "passes/every_operator_network.h"

#include "ir/ops/gather.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/reduce.h"
#include "ir/ops/resize.h"
#include "ir/ops/slice.h"
#include "passes/test_networks.h"

namespace bitloom::test_networks {
namespace {

/// One step after the other of the network below.
class Steps {
 public:
  explicit Steps(RandomStream& random) : b_(random, {1, 2, 8, 8}) {}

  Graph network() {
    layers();
    pairs();
    moves();
    functions();
    b_.gemm(5).then(Relu{}).gemm(3).then(Softmax{});
    return b_.finish();
  }

 private:
  Value* number(float value) { return b_.graph.add_constant("number", Tensor({1}, {value})); }
  template <class T>
  void with(T op, float value) {
    b_.becomes(b_.graph.add("", op, {b_.current(), number(value)}));
  }

  void layers() {
    Conv2d apart;
    apart.groups = 2, apart.stride_h = 2, apart.pad_top = apart.pad_left = 1;
    Clip clip;
    clip.low = -0.75f, clip.high = 1.5f;
    AveragePool2d pool;
    pool.window = {2, 2, 1, 1};
    b_.conv(2, 1).conv(apart, 4, 3, 3).then(Relu{}).conv(3, 2).then(clip).conv(2, 3, 1).conv(4, 1).then(pool);
  }

  /// A residual, behind which signs may stand; a gate; a concatenation.
  void pairs() {
    Value* skip = b_.current();
    b_.conv(4, 3, 1).plus(skip).conv(4, 1).then(Relu{});
    Value* map = b_.current();
    AveragePool2d mean;
    mean.window.kernel_h = static_cast<int>(map->shape()[2]), mean.window.kernel_w = static_cast<int>(map->shape()[3]);
    b_.then(mean).conv(4, 1).then(Tanh{});
    b_.becomes(b_.graph.add("", Mul{}, {map, b_.current()})).conv(2, 1);
    Concat concat;
    concat.axis = 1;
    b_.becomes(b_.graph.add("", concat, {b_.current(), map}));
  }

  void moves() {
    const Shape map = b_.current()->shape();  // 1x6xHxW
    const std::int64_t c = map[1], h = map[2], w = map[3];
    Slice slice;
    slice.axes = {1}, slice.starts = {c - 1}, slice.steps = {-1}, slice.lengths = {4};
    Transpose transpose;
    transpose.perm = {0, 1, 3, 2};
    DepthToSpace to_space;
    to_space.block = 2;
    SpaceToDepth to_depth;
    to_depth.block = 2;
    Pad pad;
    pad.before = {0, 0, 1, 0}, pad.after = {0, 0, 0, 1};
    Resize resize;
    resize.coordinates = ResizeCoordinates::kAsymmetric;
    resize.sizes = {1, 4, 2 * w, h}, resize.scales = {1, 1, 2, 1};
    Reshape reshape;
    reshape.shape = {1, 4, h, 2 * w};
    b_.then(slice).then(transpose).then(to_space).then(to_depth).then(resize).then(reshape).then(pad).then(max_pool(2));
    Gather gather;
    gather.axis = 1;
    b_.becomes(b_.graph.add("", gather, {b_.current(), b_.graph.add_constant("indices", Tensor::int64({3}, {2, 0, -1}))}));
    ReduceMax largest;
    largest.axes = {2};
    Expand expand;
    expand.shape = {1, 3, 2, b_.current()->shape()[3]};
    Tile tile;
    tile.repeats = {1, 1, 2, 1};
    b_.then(largest).then(expand).then(tile).conv(4, 2);
  }

  void functions() {
    b_.then(LeakyRelu{}).then(Sigmoid{});
    with(Sub{}, 0.3f), with(Div{}, 0.5f), with(Pow{}, 2), with(Min{}, 1.2f), with(Max{}, -0.2f), with(PRelu{}, 0.1f), with(Add{}, -0.4f),
        with(Mul{}, 1.5f);
  }

  Builder b_;
};

}  // namespace

Graph every_operator_network(RandomStream& random) { return Steps(random).network(); }

}  // namespace bitloom::test_networks
