#pragma once

#include <algorithm>

#include "ir/graph.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/slice.h"

namespace bitloom::onnx_runtime {

/// What ONNX Runtime 1.30 rewrites into something that it then refuses itself: an AveragePool with dilations, for which its QLinearAveragePool
/// has no attribute, and a Pad before a MaxPool, whose paddings it adds up to more than the kernel.
inline bool spoils(const Graph& graph) {
  const auto is_spoilt = [](const Node* node) {
    const auto* average = node->as<AveragePool2d>();
    return (average && average->window.is_dilated()) || (node->is<MaxPool2d>() && node->producer(0)->is<Pad>());
  };
  return std::ranges::any_of(graph.nodes(), is_spoilt);
}

}  // namespace bitloom::onnx_runtime
