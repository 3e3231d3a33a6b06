#include "ir/ops/gather.h"
#include "ir/ops/scan.h"
#include "ir/ops/selection.h"
#include "ir/ops/slice.h"
#include "ir/ops/softmax.h"
#include "onnx/random_graph/generator.h"

namespace bitloom::onnx_format {
namespace {

void add_gather(Generator& g) {
  Gather op;
  op.axis = 3;
  g.append(op, {g.indices({2}, g.shape()[3])});
}

void add_gather_elements(Generator& g) {
  const Shape x = g.shape();
  GatherElements op;
  op.axis = 2;
  g.append(op, {g.indices({1, x[1], 3, x[3]}, x[2])});
}

void add_gather_nd(Generator& g) {  // four channels
  GatherND op;
  op.batch_dims = 1;
  g.append(op, {g.indices({1, 4, 1}, g.shape()[1])});
}

void add_scatter_elements(Generator& g) {
  ScatterElements op;
  op.axis = 3;
  g.append(op, {g.indices(g.shape(), g.shape()[3]), g.last()});
}

void add_scatter_nd(Generator& g) {  // the first channel becomes the last
  Value* x = g.last();
  Slice first;
  first.axes = {1};
  first.starts = {0};
  first.steps = {1};
  first.lengths = {1};
  Value* updates = g.node(first, {x});
  g.append(ScatterND{}, {g.position({0, x->shape()[1] - 1}), updates});
}

void add_cumulative_sum(Generator& g) {
  CumSum op;
  op.axis = 2;
  op.exclusive = g.coin();
  op.reverse = g.coin();
  g.append(op);
}

template <class T>
void add_arg(Generator& g) {
  T op;
  op.axis = 1 + g.small(3);
  op.keep_dims = g.coin();
  op.select_last = g.coin();
  g.add_output(g.node(op, {g.last()}));
}

void add_top_k(Generator& g) {
  TopK op;
  op.axis = 1 + g.small(3);
  op.k = 1 + g.below(g.shape()[op.axis]);
  op.largest = g.coin();
  const Node* node = g.node_with_outputs(std::make_unique<TopK>(op), {g.last()});
  g.set_last(node->output());
  if (g.coin()) g.add_output(node->outputs()[1]);
}

void add_hardmax(Generator& g) {
  Hardmax op;
  op.axis = -1 - g.small(3);
  g.append(op);
}

constexpr Layer kLayers[] = {add_arg<ArgMax>, add_arg<ArgMin>, add_cumulative_sum,   add_gather,     add_gather_elements,
                             add_gather_nd,   add_hardmax,     add_scatter_elements, add_scatter_nd, add_top_k};

}  // namespace

LayerFamily indexing_layers() { return kLayers; }

}  // namespace bitloom::onnx_format
