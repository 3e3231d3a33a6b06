#include "ir/ops/slice.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "onnx/operators/operators.h"
#include "onnx/tensor_proto.h"

namespace bitloom::onnx_format {
namespace {

/// Adds one axis to `op`, from `start` up to but without `end`, both as ONNX means them: negative ones count from the end, and what lies
/// outside is clamped.
void add_range(Slice& op, int axis, std::int64_t size, std::int64_t start, std::int64_t end, std::int64_t step) {
  const bool forwards = step > 0;
  const auto clamped = [&](std::int64_t position, std::int64_t low, std::int64_t high) {
    return std::clamp(position < 0 ? std::max(position, -size - 1) + size : position, low, high);
  };
  start = forwards ? clamped(start, 0, size) : clamped(start, 0, std::max<std::int64_t>(size - 1, 0));
  end = forwards ? clamped(end, 0, size) : clamped(end, -1, size - 1);
  step = std::clamp(step, -kMostElements, kMostElements);  // no axis is longer
  const std::int64_t distance = forwards ? end - start : start - end, stride = std::abs(step);
  op.axes.push_back(axis);
  op.starts.push_back(start);
  op.steps.push_back(step);
  op.lengths.push_back(distance <= 0 ? 0 : (distance + stride - 1) / stride);
}

void read_slice(NodeReader& node) {
  Value* x = node.input(0);
  std::vector<std::int64_t> starts, ends, axes, steps;
  if (node.opset() < 10) {
    starts = node.integers("starts");
    ends = node.integers("ends");
    axes = node.integers("axes");
  } else {
    starts = node.integers_input(1, "starts");
    ends = node.integers_input(2, "ends");
    if (node.has_input(3)) axes = node.integers_input(3, "axes");
    if (node.has_input(4)) steps = node.integers_input(4, "steps");
  }
  if (axes.empty()) {
    axes.resize(starts.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    node.refuse("starts, ends, axes and steps differ in number", "the file is damaged; export it again");
  Slice op;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const int axis = node.axis_of(axes[i], x->shape().rank());
    if (steps[i] == 0) node.refuse("a step is 0", "the file is damaged; export it again");
    add_range(op, axis, x->shape()[axis], starts[i], ends[i], steps[i]);
  }
  node.add(op, {x});
}

void write_slice(NodeWriter& node) {
  const Slice& op = node.op<Slice>();
  std::vector<std::int64_t> ends;
  for (std::size_t i = 0; i < op.axes.size(); ++i) {
    const std::int64_t end = op.starts[i] + op.lengths[i] * op.steps[i];
    const bool whole_batch = op.axes[i] == 0 && op.stacks_images(node.node());
    // A position before the first counts from the end in ONNX, unless it is far enough before it.
    ends.push_back(whole_batch ? std::numeric_limits<std::int64_t>::max() : end < 0 ? std::numeric_limits<std::int64_t>::min() : end);
  }
  node.add_constant_input(".starts", integer_list(op.starts));
  node.add_constant_input(".ends", integer_list(std::move(ends)));
  node.add_constant_input(".axes", integer_list(op.axes));
  node.add_constant_input(".steps", integer_list(op.steps));
}

/// Lengths of the parts of an axis that is `size` long.
std::vector<std::int64_t> parts_of(NodeReader& node, std::int64_t size) {
  // The first opset had them as an attribute or an input.
  const std::vector<std::int64_t> attribute = node.opset() < 13 ? node.integers("split") : std::vector<std::int64_t>();
  const std::vector<std::int64_t> given = node.has_input(1) ? node.integers_input(1, "split") : attribute;
  const std::int64_t count = node.outputs();
  if (!given.empty()) {
    std::int64_t left = size;
    for (const std::int64_t part : given) {
      if (part < 0 || part > left) break;
      left -= part;
    }
    const bool fits = static_cast<std::int64_t>(given.size()) == count &&
                      std::ranges::all_of(given, [&](auto part) { return part >= 0 && part <= size; }) &&
                      std::accumulate(given.begin(), given.end(), std::int64_t{0}) == size;
    if (!fits)
      node.refuse(
          fmt::format("{} outputs of [{}] elements of an axis of length {}", count, fmt::join(given, ", "), size),
          "let the parts make the whole");
    return given;
  }
  if (const std::int64_t asked = node.integer("num_outputs", count); asked != count)
    node.refuse(fmt::format("num_outputs is {} beside {} outputs", asked, count), "the file is damaged; export it again");
  const std::int64_t part = (size + count - 1) / count;
  if (node.opset() < 18 && part * count != size)
    node.refuse(fmt::format("an axis of length {} in {} equal parts", size, count), "give their lengths");
  std::vector<std::int64_t> parts;
  for (std::int64_t i = 0; i < count; ++i) parts.push_back(std::clamp<std::int64_t>(size - i * part, 0, part));
  return parts;
}

/// One Slice per part.
void read_split(NodeReader& node) {
  Value* x = node.input(0);
  const int axis = node.axis_of(node.integer("axis", 0), x->shape().rank());
  std::int64_t start = 0;
  int output = 0;
  for (const std::int64_t part : parts_of(node, x->shape()[axis])) {
    Slice op;
    add_range(op, axis, x->shape()[axis], start, start + part, 1);
    if (node.has_output(output)) node.define_output(output, node.add_step(std::to_string(output), op, {x}));
    start += part;
    ++output;
  }
}

void read_concat(NodeReader& node) {
  std::vector<Value*> inputs;
  for (int i = 0; i < node.inputs(); ++i) inputs.push_back(node.input(i));
  Concat op;
  op.count = static_cast<int>(inputs.size());
  if (op.count == 0) node.refuse("it has no input", "the file is damaged; export it again");
  op.axis = node.axis_of(node.integer("axis", 1), inputs[0]->shape().rank());  // required since opset 4; 1 before
  node.add(op, std::move(inputs));
}

void write_concat(NodeWriter& node) {
  node.integer("axis", node.op<Concat>().axis);
}

double pad_value(NodeReader& node) {
  if (node.opset() < 11) return node.real("value", 0);
  if (!node.has_input(2)) return 0;
  const Tensor& value = node.constant_input(2, "pad value");
  if (value.elements() != 1) node.refuse("the pad value is " + to_string(value.type()), "give one");
  return value.visit([](auto values) { return static_cast<double>(values[0]); });
}

void read_pad(NodeReader& node) {
  Value* x = node.input(0);
  const int rank = x->shape().rank();
  Pad op;
  const std::string mode = node.text("mode", "constant");
  for (const PadMode known : {PadMode::kConstant, PadMode::kReflect, PadMode::kEdge, PadMode::kWrap})
    if (mode == to_string(known)) op.mode = known;
  if (mode != to_string(op.mode)) node.refuse("mode '" + mode + "' is not supported", "supported: constant, reflect, edge, wrap");
  const std::vector<std::int64_t> pads =
      node.opset() >= 11 ? node.integers_input(1, "pads") : node.integers(node.opset() < 2 ? "paddings" : "pads");
  std::vector<std::int64_t> axes(static_cast<std::size_t>(rank));
  std::iota(axes.begin(), axes.end(), 0);
  if (node.has_input(3)) axes = node.integers_input(3, "axes");
  if (pads.size() != 2 * axes.size()) node.refuse(fmt::format("{} pads for {} axes", pads.size(), axes.size()), "give two per axis");
  op.before.resize(static_cast<std::size_t>(rank));
  op.after.resize(static_cast<std::size_t>(rank));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(node.axis_of(axes[i], rank));
    op.before[axis] = pads[i];
    op.after[axis] = pads[axes.size() + i];
  }
  const double value = pad_value(node);
  if (op.mode == PadMode::kConstant) op.value = value;
  node.add(op, {x});
}

void write_pad(NodeWriter& node) {
  const Pad& op = node.op<Pad>();
  if (op.mode == PadMode::kWrap) node.refuse("wrapping around came with opset 19, and this is written as 13", "pad in another mode");
  node.text("mode", to_string(op.mode));
  std::vector<std::int64_t> pads = op.before;
  pads.insert(pads.end(), op.after.begin(), op.after.end());
  node.add_constant_input(".pads", integer_list(std::move(pads)));
  if (op.mode != PadMode::kConstant) return;
  Tensor value(TensorType{{}, node.node().input(0)->type().element, {}});
  value.visit([&](auto all) { all[0] = static_cast<typename decltype(all)::value_type>(op.value); });
  node.add_constant_input(".value", value);
}

void read_expand(NodeReader& node) {
  Value* x = node.input(0);
  std::vector<std::int64_t> target = node.integers_input(1, "shape");
  const Shape& shape = x->shape();
  if (!is_reasonable(Shape(target))) node.refuse("shape " + to_string(Shape(target)), "the file is damaged; export it again");
  if (node.scope().batch > 1 && static_cast<int>(target.size()) == shape.rank() && !target.empty() &&
      target[0] == node.scope().batch && shape[0] == 1)
    target[0] = 1;
  // Both shapes broadcast: the target may be the one that has a 1, or fewer dimensions.
  if (static_cast<int>(target.size()) < shape.rank())
    target.insert(target.begin(), static_cast<std::size_t>(shape.rank()) - target.size(), 1);
  const std::size_t added = target.size() - static_cast<std::size_t>(shape.rank());
  for (std::size_t axis = added; axis < target.size(); ++axis)
    if (target[axis] == 1) target[axis] = shape[static_cast<int>(axis - added)];
  Expand op;
  op.shape = Shape(std::move(target));
  node.add(op, {x});
}

void write_expand(NodeWriter& node) {
  std::vector<std::int64_t> target = node.op<Expand>().shape.dims();
  if (node.op<Expand>().stacks_images(node.node())) target[0] = 1;  // leaves the batch, whatever it is
  node.add_constant_input(".shape", integer_list(std::move(target)));
}

void read_tile(NodeReader& node) {
  Value* x = node.input(0);
  Tile op;
  if (node.opset() < 6) {  // one axis at a time
    op.repeats.assign(static_cast<std::size_t>(x->shape().rank()), 1);
    const std::vector<std::int64_t> tiles = node.integers_input(1, "number of tiles"), axis = node.integers_input(2, "axis");
    if (tiles.size() != 1 || axis.size() != 1)
      node.refuse("tiles and axis are not one number each", "the file is damaged; export it again");
    op.repeats[static_cast<std::size_t>(node.axis_of(axis[0], x->shape().rank()))] = tiles[0];
  } else {
    op.repeats = node.integers_input(1, "repeats");
  }
  node.add(op, {x});
}

void write_tile(NodeWriter& node) {
  node.add_constant_input(".repeats", integer_list(node.op<Tile>().repeats));
}

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"Concat", 1, Concat::kMostInputs, Concat::kName, read_concat, write_concat, kTakesIntegers},
    {"Expand", 2, 2, Expand::kName, read_expand, write_expand, kTakesIntegers},
    {"Pad", 1, 4, Pad::kName, read_pad, write_pad, kTakesIntegers},
    {"Slice", 1, 5, Slice::kName, read_slice, write_slice, kTakesIntegers},
    {"Split", 1, 2, "", read_split, nullptr},
    {"Tile", 2, 3, Tile::kName, read_tile, write_tile, kTakesIntegers},
};

}  // namespace

OperatorFamily slice_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
