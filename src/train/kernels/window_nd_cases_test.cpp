#include "ir/ops/conv_nd.h"
#include "ir/ops/pool_nd.h"
#include "train/kernels/cases.h"

namespace bitloom::train {
namespace {

/// Three axes with every attribute in use.
WindowNd volume_window() {
  WindowNd window(3);
  window.kernel = {2, 3, 2};
  window.strides = {1, 2, 1};
  window.dilations = {1, 1, 2};
  window.pads_begin = {1, 0, 1};
  window.pads_end = {0, 2, 1};
  return window;
}

WindowNd line_window() {
  WindowNd window(1);
  window.kernel = {3};
  window.strides = {2};
  window.pads_begin = {2};
  return window;
}

template <class Pool>
Graph pool(TestGraph& t, Pool op, Shape image) {
  return unary(t, std::make_unique<Pool>(op), std::move(image));
}

}  // namespace

std::vector<Case> window_nd_cases() {
  return {
      {"AveragePoolNd",
       [](TestGraph& t) {
         AveragePoolNd op;
         op.window = volume_window();
         return pool(t, op, {1, 3, 4, 5, 4});
       }},
      {"AveragePoolNdOverPadsToo",
       [](TestGraph& t) {
         AveragePoolNd op;
         op.window = line_window();
         op.count_include_pad = true;
         return pool(t, op, {1, 3, 8});
       }},
      {"ConvNd",
       [](TestGraph& t) {
         ConvNd op;
         op.window = volume_window();
         op.groups = 2;
         Value* x = t.image({1, 4, 4, 5, 4});
         return t.finish(t.graph.add("", op, {x, t.constant({6, 2, 2, 3, 2}), t.constant({6})}));
       }},
      {"ConvNdOfALineWithoutBias",
       [](TestGraph& t) {
         ConvNd op;
         op.window = line_window();
         Value* x = t.image({1, 2, 7});
         return t.finish(t.graph.add("", op, {x, t.constant({3, 2, 3})}));
       }},
      {"ConvTransposeNd",
       [](TestGraph& t) {
         ConvTransposeNd op;
         op.window = volume_window();
         op.output_pads = {2, 0, 0};
         op.groups = 2;
         Value* x = t.image({1, 4, 3, 2, 4});
         return t.finish(t.graph.add("", op, {x, t.constant({4, 3, 2, 3, 2}), t.constant({6})}));
       }},
      {"MaxPoolNd",
       [](TestGraph& t) {
         MaxPoolNd op;
         op.window = volume_window();
         return pool(t, op, {1, 3, 4, 5, 4});
       }},
      {"MaxPoolNdOfALine",
       [](TestGraph& t) {
         MaxPoolNd op;
         op.window = line_window();
         return pool(t, op, {1, 3, 8});
       }},
  };
}

}  // namespace bitloom::train
