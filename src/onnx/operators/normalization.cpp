#include <fmt/format.h>

#include "ir/ops/batch_norm.h"
#include "ir/ops/layer_norm.h"
#include "ir/ops/lrn.h"
#include "ir/ops/rearrange.h"
#include "ir/ops/shape_ops.h"
#include "ir/ops/softmax.h"
#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

/// Before opset 6 some operators could say that they overwrite their inputs, which changes nothing of what they
/// compute.
void ignore_overwriting(NodeReader& node) {
  if (node.opset() < 6) node.integers("consumed_inputs");
}

void read_batch_normalization(NodeReader& node) {
  BatchNorm op;
  op.epsilon = node.real("epsilon", 1e-5f);
  op.momentum = node.real("momentum", 0.9f);
  ignore_overwriting(node);
  if (node.opset() < 7 && node.integer("is_test", 0) == 0)
    node.refuse("is_test = 0: it normalizes by the batch that it sees", "export the model for inference");
  node.require_integer("spatial", 1, "one mean per channel");
  node.require_integer("training_mode", 0, "export the model for inference");
  node.add(op, {node.input(0), node.input(1), node.input(2), node.input(3), node.input(4)});
}

void write_batch_normalization(NodeWriter& node) {
  node.real("epsilon", node.op<BatchNorm>().epsilon);
  node.real("momentum", node.op<BatchNorm>().momentum);
}

void read_instance_normalization(NodeReader& node) {
  InstanceNorm op;
  op.epsilon = node.real("epsilon", 1e-5f);
  ignore_overwriting(node);
  node.add(op, {node.input(0), node.input(1), node.input(2)});
}

void write_instance_normalization(NodeWriter& node) {
  node.real("epsilon", node.op<InstanceNorm>().epsilon);
}

void read_layer_normalization(NodeReader& node) {
  Value* x = node.input(0);
  LayerNorm op;
  op.axis = node.axis_of(node.integer("axis", -1), x->shape().rank());
  op.epsilon = node.real("epsilon", 1e-5f);
  op.statistics = node.has_output(1) || node.has_output(2);
  node.integer("stash_type", 1);  // the type of the sums, which are always taken in double
  node.add(op, {x, node.input(1), node.optional_input(2)});
}

void write_layer_normalization(NodeWriter& node) {
  constexpr std::int64_t kFirst = 17;
  node.require_opset(kFirst);
  node.integer("axis", node.op<LayerNorm>().axis);
  node.real("epsilon", node.op<LayerNorm>().epsilon);
}

void read_lrn(NodeReader& node) {
  Lrn op;
  const std::int64_t size = node.integer("size", 0);
  if (size < 1 || size > 65536) node.refuse(fmt::format("size = {}", size), "supported: 1 to 65536 channels");
  op.size = static_cast<int>(size);
  op.alpha = node.real("alpha", 1e-4f);
  op.beta = node.real("beta", 0.75f);
  op.bias = node.real("bias", 1);
  node.add(op, {node.input(0)});
}

void write_lrn(NodeWriter& node) {
  const Lrn& op = node.op<Lrn>();
  node.integer("size", op.size);
  node.real("alpha", op.alpha);
  node.real("beta", op.beta);
  node.real("bias", op.bias);
}

void read_mean_variance_normalization(NodeReader& node) {
  Value* x = node.input(0);
  MeanVarianceNorm op;
  op.axes = read_axes(node, node.has_attribute("axes") ? node.integers("axes") : std::vector<std::int64_t>{0, 2, 3},
                      x->shape().rank());
  node.add(op, {x});
}

void write_mean_variance_normalization(NodeWriter& node) {
  const std::vector<int>& axes = node.op<MeanVarianceNorm>().axes;
  node.integers("axes", {axes.begin(), axes.end()});
}

/// Before opset 13 the default was axis 1, and all axes from the given one on counted as one. That is one axis where at most one of them is
/// longer than 1; else they are joined before and separated after.
template <class T>
void read_softmax(NodeReader& node) {
  Value* x = node.input(0);
  const Shape shape = x->shape();
  const bool joins_axes = node.opset() < 13;
  int axis = node.axis_of(node.integer("axis", joins_axes ? 1 : -1), shape.rank());
  T op;
  if (joins_axes) {
    std::int64_t joined = 1;
    int longest = axis, longer = 0;
    for (int i = axis; i < shape.rank(); ++i) {
      joined *= shape[i];
      if (shape[i] != 1) longest = i, ++longer;
    }
    if (longer > 1) {
      std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().begin() + axis);
      dims.push_back(joined);
      Reshape join, separate;
      join.shape = Shape(std::move(dims));
      separate.shape = shape;
      // Images as rows are what Flatten says.
      Value* rows = axis == 1 ? node.add_step("rows", Flatten{}, {x}) : node.add_step("rows", join, {x});
      return node.add(separate, {node.add_step("result", op, {rows})});
    }
    axis = longest;
  }
  op.axis = axis - shape.rank();
  node.add(op, {x});
}

template <class T>
void write_softmax(NodeWriter& node) {
  node.integer("axis", node.op<T>().axis);
}

template <class T>
constexpr Operator softmax_like(std::string_view onnx_name) {
  return {onnx_name, 1, 1, T::kName, read_softmax<T>, write_softmax<T>};
}

constexpr Operator kOperators[] = {
    {"BatchNormalization", 5, 5, BatchNorm::kName, read_batch_normalization, write_batch_normalization},
    softmax_like<Hardmax>("Hardmax"),
    {"InstanceNormalization", 3, 3, InstanceNorm::kName, read_instance_normalization, write_instance_normalization},
    {"LRN", 1, 1, Lrn::kName, read_lrn, write_lrn},
    {"LayerNormalization", 2, 3, LayerNorm::kName, read_layer_normalization, write_layer_normalization},
    softmax_like<LogSoftmax>("LogSoftmax"),
    {"MeanVarianceNormalization", 1, 1, MeanVarianceNorm::kName, read_mean_variance_normalization,
     write_mean_variance_normalization},
    softmax_like<Softmax>("Softmax"),
};

}  // namespace

OperatorFamily normalization_operators() {
  return kOperators;
}

}  // namespace bitloom::onnx_format
