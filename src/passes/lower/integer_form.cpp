#include "passes/lower/integer_form.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/dynamic_quantize.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gather.h"
#include "ir/ops/gemm.h"
#include "ir/ops/integer_product.h"
#include "ir/ops/multi_threshold.h"
#include "ir/ops/pool2d.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/reduce.h"
#include "ir/ops/rescaled.h"
#include "ir/ops/resize.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/slice.h"
#include "ir/ops/softmax.h"

namespace bitloom {
namespace {

template <class... Ops>
bool is_any(const Node& node) {
  return (node.is<Ops>() || ...);
}

[[noreturn]] void refuse(const Node& node, const std::string& reason, const char* fix) {
  throw InputError(node.where(), "has no integer form: " + reason, fix);
}

bool divides_by_position(const AveragePool2d& pool) {
  const PoolWindow& w = pool.window;
  return !pool.count_include_pad && (w.pad_top || w.pad_left || w.pad_bottom || w.pad_right);
}

/// A function of one tensor, the other operands being numbers.
bool is_function(const Node& node) {
  if (node.is<ElementwiseFunction>()) return true;
  if (!is_any<Add, Sub, Mul, Div, Pow, Min, Max, PRelu>(node)) return false;
  return is_scalar_constant(node, 0) != is_scalar_constant(node, 1);
}

/// Moves are the same on integers where every element that they bring in has a known integer.
void require_known_elements(const Node& node) {
  if (const auto* pad = node.as<Pad>(); pad && pad->mode == PadMode::kConstant && pad->value != 0)
    refuse(node, "it pads with another number than 0", "pad with 0, whose integer is known");
  if (const auto* resize = node.as<Resize>(); resize && !resize->roi.empty())
    refuse(node, "it crops and extrapolates", "resize the whole image");
}

}  // namespace

bool moves_elements(const Node& node) {
  if (is_any<MaxPool2d, ReduceMax, Flatten, Reshape, Transpose, DepthToSpace, SpaceToDepth, Slice, Pad, Expand, Tile>(node)) return true;
  if (const auto* resize = node.as<Resize>()) return resize->mode == ResizeMode::kNearest;
  return node.is<Gather>() && node.input(1)->is_constant();
}

bool scales_by_number(const Node& node) {
  if (!is_any<Mul, Div>(node)) return false;
  const int number = is_scalar_constant(node, 0) && node.is<Mul>() ? 0 : 1;
  if (!is_scalar_constant(node, number) || node.input(1 - number)->is_constant()) return false;
  const float by = node.input(number)->constant().floats().front();
  return by > 0 && std::isfinite(by);
}

bool is_scalar_constant(const Node& node, int i) {
  const Value* value = node.input(i);
  return value && value->is_constant() && value->type().element.is_float && value->shape().elements() == 1;
}

const Node* final_softmax(const Graph& graph) {
  const Node* last = graph.outputs().size() == 1 ? graph.outputs().front()->producer() : nullptr;
  return last && last->is<Softmax>() && last->output()->consumers().empty() ? last : nullptr;
}

IntegerForm integer_form(const Node& node) {
  if (is_any<Conv2d, Gemm>(node)) return IntegerForm::kSum;
  if (is_any<Relu, Clip>(node)) return IntegerForm::kCut;
  if (is_any<Quantize, Dequantize, Trunc, MultiThreshold>(node)) {
    if (node.is<MultiThreshold>() && !node.input(1)->is_constant())
      refuse(node, fmt::format("its thresholds '{}' are computed", node.input(1)->name()), "give it constant thresholds");
    return IntegerForm::kQuantizer;
  }
  if (is_function(node)) return IntegerForm::kFunction;
  if (is_any<Add, Mul>(node)) return IntegerForm::kPair;
  if (node.is<Concat>()) return IntegerForm::kJoin;
  if (moves_elements(node)) {
    require_known_elements(node);
    return IntegerForm::kMove;
  }
  if (const auto* pool = node.as<AveragePool2d>()) {
    if (divides_by_position(*pool))
      refuse(node, "with padding and count_include_pad = 0 it divides by another count at the border",
             "set count_include_pad = 1 or pads to 0");
    return IntegerForm::kSum;
  }
  if (node.is<Softmax>()) {
    if (&node != final_softmax(node.graph())) refuse(node, "only a Softmax that ends the network can be left out", "end the network with it");
    return IntegerForm::kNothing;
  }
  if (node.is<Resize>()) refuse(node, "it interpolates between pixels", "resize to the nearest pixel");
  if (node.is<BatchNorm>())
    refuse(node, "it has not been folded into a Conv2d or Gemm",
           "run fold_batch_norm first, or move it directly behind a layer that nothing else reads");
  if (is_any<DynamicQuantize, ConvInteger, MatMulInteger>(node))
    refuse(node, "its range is found anew for each image, and integers need fixed ones", "calibrate on images, or run the network as it is");
  if (is_any<LookupTable, Requantize, RescaledAdd, RescaledMul, SumPool2d>(node))
    refuse(node, "this operator belongs to integer graphs", "start from the float or QDQ graph");
  refuse(node, "no rule turns this operator into integers yet", "export the network without it");
}

std::vector<std::string> nodes_without_integer_form(const Graph& graph) {
  std::vector<std::string> reasons;
  for (const Node* node : graph.nodes()) try {
      integer_form(*node);
    } catch (const InputError& error) {
      reasons.emplace_back(error.what());
    }
  return reasons;
}

}  // namespace bitloom
