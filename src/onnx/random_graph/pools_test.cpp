#include "ir/ops/pool2d.h"
#include "ir/ops/pool_nd.h"
#include "onnx/random_graph/generator.h"

namespace bitloom::onnx_format {
namespace {

PoolWindow window(Generator& g) {
  PoolWindow window{.kernel_h = 2 + g.small(2), .kernel_w = 2 + g.small(2), .stride_h = 1 + g.small(2), .stride_w = 1 + g.small(2)};
  window.pad_top = 1;
  window.pad_left = g.shape()[3] > 2 ? g.small(2) : 1;
  window.pad_bottom = 1;
  window.pad_right = 1;
  return window;
}

void add_max_pool(Generator& g) {
  MaxPool2d op;
  op.window = window(g);
  g.append(op);
}

void add_average_pool(Generator& g) {
  AveragePool2d op;
  op.window = window(g);
  op.count_include_pad = g.coin();
  g.append(op);
}

/// Over a volume of depth 1, which becomes an image again.
template <class Pool>
void append_volume_pool(Generator& g, Pool op) {
  const Shape x = g.shape();
  op.window = WindowNd(3);
  op.window.kernel = {1, 1 + g.small(2), 2};
  op.window.strides[1] = 1 + g.small(2);
  op.window.pads_begin = {0, 0, 1};
  op.window.pads_end[2] = 1;
  g.reshape({1, x[1], 1, x[2], x[3]});
  if (x[2] == 1) op.window.kernel[1] = 1;
  g.append(op);
  const Shape y = g.shape();
  g.reshape({1, y[1], y[3], y[4]});
}

void add_volume_max_pool(Generator& g) { append_volume_pool(g, MaxPoolNd{}); }

void add_volume_average_pool(Generator& g) {
  AveragePoolNd op;
  op.count_include_pad = g.coin();
  append_volume_pool(g, op);
}

void add_max_pool_with_indices(Generator& g) {
  MaxPoolNd op;
  op.window = WindowNd(2);
  op.window.kernel = {1, 2};
  op.window.pads_begin[1] = op.window.pads_end[1] = 1;
  op.indices = true;
  op.column_major = g.coin();
  const Node* node = g.node_with_outputs(std::make_unique<MaxPoolNd>(op), {g.last()});
  g.set_last(node->output());
  g.add_output(node->outputs()[1]);
}

constexpr Layer kLayers[] = {add_average_pool,          add_average_pool,        add_max_pool,       add_max_pool,
                             add_max_pool_with_indices, add_volume_average_pool, add_volume_max_pool};

}  // namespace

LayerFamily pool_layers() { return kLayers; }

}  // namespace bitloom::onnx_format
