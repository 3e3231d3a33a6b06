#include "ir/ops/rearrange.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "ir/ops/shape_ops.h"
#include "onnx/operators/operators.h"
#include "onnx/tensor_proto.h"

namespace bitloom::onnx_format {
namespace {

/// `x` in another shape as this node's output: as a Flatten where that says it, which later passes know best.
void add_reshape(NodeReader& node, Value* x, Shape shape) {
  if (x->shape().rank() > 2 && shape.rank() == 2 && shape[0] == x->shape()[0] && shape.elements() == x->shape().elements()) {
    node.add(Flatten{}, {x});
    return;
  }
  Reshape op;
  op.shape = std::move(shape);
  node.add(op, {x});
}

/// Axes that are an attribute before opset 13 and an input since; empty when they are not given.
std::vector<std::int64_t> axes_of(NodeReader& node) {
  if (node.opset() < 13) return node.integers("axes");
  return node.has_input(1) ? node.integers_input(1, "axes") : std::vector<std::int64_t>();
}

/// `target` with 0 and -1 resolved for `x`.
Shape resolved(NodeReader& node, std::vector<std::int64_t> target, const Shape& x, bool zero_copies) {
  // A file exported for a batch of eight says eight; here the batch is one.
  if (node.scope().batch > 1 && !target.empty() && x.rank() > 0 && target[0] == node.scope().batch && x[0] == 1) target[0] = 1;
  const std::string text = fmt::format("shape [{}] of {}", fmt::join(target, ", "), to_string(x));
  int open = -1;
  std::int64_t known = 1;
  for (std::size_t i = 0; i < target.size(); ++i) {
    std::int64_t& dim = target[i];
    if (dim == 0 && zero_copies) {
      if (static_cast<int>(i) >= x.rank())
        node.refuse(text + " copies a dimension that is not there", "the file is damaged; export it again");
      dim = x[static_cast<int>(i)];
    }
    if (dim < -1 || dim > kMostElements || (dim == -1 && open >= 0))
      node.refuse(text + " is impossible", "the file is damaged; export it again");
    if (dim == -1) {
      open = static_cast<int>(i);
      continue;
    }
    if (dim != 0 && known > kMostElements / dim) node.refuse(text + " is impossible", "the file is damaged; export it again");
    known *= dim;
  }
  if (open >= 0) {
    if (known == 0 || x.elements() % known != 0)
      node.refuse(text + " leaves no whole number for -1", "export it again with one image per batch");
    target[static_cast<std::size_t>(open)] = x.elements() / known;
  }
  return Shape(std::move(target));
}

void read_reshape(NodeReader& node) {
  const std::vector<std::int64_t> target = node.opset() < 5 ? node.integers("shape") : node.integers_input(1, "shape");
  const bool zero_copies = node.integer("allowzero", 0) == 0;
  Value* x = node.input(0);
  add_reshape(node, x, resolved(node, target, x->shape(), zero_copies));
}

void write_reshape(NodeWriter& node) {
  std::vector<std::int64_t> target = node.op<Reshape>().shape.dims();
  if (std::ranges::find(target, 0) != target.end()) node.refuse("an empty tensor's shape cannot be written", "leave the node out");
  if (node.op<Reshape>().stacks_images(node.node())) target[0] = 0;  // the batch, whatever it is
  node.add_constant_input(".shape", integer_list(std::move(target)));
}

void read_flatten(NodeReader& node) {
  Value* x = node.input(0);
  const Shape& shape = x->shape();
  const std::int64_t axis = node.integer("axis", 1);
  if (axis < -shape.rank() || axis > shape.rank())
    node.refuse(fmt::format("axis {} of {}", axis, to_string(shape)), "choose an axis that it has");
  const auto split = static_cast<int>(axis < 0 ? axis + shape.rank() : axis);
  if (split == 1 && shape.rank() >= 2) {
    node.add(Flatten{}, {x});
    return;
  }
  const auto product = [&](int first, int last) {
    return std::accumulate(shape.dims().begin() + first, shape.dims().begin() + last, std::int64_t{1}, std::multiplies<>());
  };
  add_reshape(node, x, Shape{product(0, split), product(split, shape.rank())});
}

void write_flatten(NodeWriter& node) {
  node.integer("axis", 1);
}

void read_squeeze(NodeReader& node) {
  Value* x = node.input(0);
  const Shape& shape = x->shape();
  std::vector<bool> goes(static_cast<std::size_t>(shape.rank()));
  const std::vector<std::int64_t> axes = axes_of(node);
  for (const std::int64_t given : axes) {
    const int axis = node.axis_of(given, shape.rank());
    if (shape[axis] != 1) node.refuse(fmt::format("axis {} of {} is not 1", axis, to_string(shape)), "squeeze dimensions of length 1");
    goes[static_cast<std::size_t>(axis)] = true;
  }
  // Without axes every 1 goes, but the batch is 1 here only because one image is described.
  const int first = node.scope().batch == 1 ? 0 : 1;
  for (int axis = first; axes.empty() && axis < shape.rank(); ++axis) goes[static_cast<std::size_t>(axis)] = shape[axis] == 1;
  std::vector<std::int64_t> dims;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (!goes[static_cast<std::size_t>(axis)]) dims.push_back(shape[axis]);
  add_reshape(node, x, Shape(std::move(dims)));
}

void read_unsqueeze(NodeReader& node) {
  Value* x = node.input(0);
  const std::vector<std::int64_t> axes = axes_of(node);
  const int rank = x->shape().rank() + static_cast<int>(axes.size());
  std::vector<std::int64_t> dims(static_cast<std::size_t>(rank), 0);
  for (const std::int64_t given : axes) {
    std::int64_t& dim = dims[static_cast<std::size_t>(node.axis_of(given, rank))];
    if (dim != 0) node.refuse(fmt::format("axis {} is given twice", given), "the file is damaged; export it again");
    dim = 1;
  }
  auto next = x->shape().dims().begin();
  for (std::size_t i = 0; i < dims.size(); ++i)
    if (dims[i] == 0) dims[i] = *next++;
  add_reshape(node, x, Shape(std::move(dims)));
}

void read_transpose(NodeReader& node) {
  Value* x = node.input(0);
  Transpose op;
  for (const std::int64_t axis : node.integers("perm")) op.perm.push_back(node.axis_of(axis, x->shape().rank()));
  if (op.perm.empty())
    for (int axis = x->shape().rank(); axis-- > 0;) op.perm.push_back(axis);
  node.add(op, {x});
}

void write_transpose(NodeWriter& node) {
  const std::vector<int>& perm = node.op<Transpose>().perm;
  node.integers("perm", {perm.begin(), perm.end()});
}

int block_of(NodeReader& node) {
  const std::int64_t block = node.integer("blocksize", 0);
  if (block < 1 || block > 4096) node.refuse(fmt::format("blocksize {}", block), "supported: 1 to 4096");
  return static_cast<int>(block);
}

void read_depth_to_space(NodeReader& node) {
  DepthToSpace op;
  op.block = block_of(node);
  const std::string mode = node.text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") node.refuse("mode '" + mode + "' is not supported", "supported: DCR, CRD");
  op.square_first = mode == "DCR";
  node.add(op, {node.input(0)});
}

void write_depth_to_space(NodeWriter& node) {
  node.integer("blocksize", node.op<DepthToSpace>().block);
  node.text("mode", node.op<DepthToSpace>().square_first ? "DCR" : "CRD");
}

void read_space_to_depth(NodeReader& node) {
  SpaceToDepth op;
  op.block = block_of(node);
  node.add(op, {node.input(0)});
}

void write_space_to_depth(NodeWriter& node) {
  node.integer("blocksize", node.op<SpaceToDepth>().block);
}

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"DepthToSpace", 1, 1, DepthToSpace::kName, read_depth_to_space, write_depth_to_space, kTakesIntegers},
    {"Flatten", 1, 1, Flatten::kName, read_flatten, write_flatten, kTakesIntegers},
    {"Reshape", 1, 2, Reshape::kName, read_reshape, write_reshape, kTakesIntegers},
    {"SpaceToDepth", 1, 1, SpaceToDepth::kName, read_space_to_depth, write_space_to_depth, kTakesIntegers},
    {"Squeeze", 1, 2, "", read_squeeze, nullptr},
    {"Transpose", 1, 1, Transpose::kName, read_transpose, write_transpose, kTakesIntegers},
    {"Unsqueeze", 1, 2, "", read_unsqueeze, nullptr},
};

}  // namespace

OperatorFamily rearrange_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
