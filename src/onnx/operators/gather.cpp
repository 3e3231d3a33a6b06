#include "ir/ops/gather.h"

#include <fmt/format.h>

#include "ir/ops/rearrange.h"
#include "ir/ops/scan.h"
#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

template <class T>
void read_along_axis(NodeReader& node) {
  T op;
  op.axis = node.axis_of(node.integer("axis", 0), node.input(0)->shape().rank());
  node.add(op, {node.input(0), node.input(1)});
}

template <class T>
void write_along_axis(NodeWriter& node) {
  node.integer("axis", node.op<T>().axis);
}

void read_gather_nd(NodeReader& node) {
  GatherND op;
  const std::int64_t batch_dims = node.integer("batch_dims", 0);
  if (batch_dims < 0 || batch_dims > node.input(0)->shape().rank())
    node.refuse(fmt::format("batch_dims = {}", batch_dims), "the file is damaged; export it again");
  op.batch_dims = static_cast<int>(batch_dims);
  node.add(op, {node.input(0), node.input(1)});
}

void write_gather_nd(NodeWriter& node) {
  node.integer("batch_dims", node.op<GatherND>().batch_dims);
}

void require_plain_scatter(NodeReader& node) {
  if (const std::string reduction = node.text("reduction", "none"); reduction != "none")
    node.refuse("reduction '" + reduction + "' is not supported", "only none: updates replace what was there");
}

void read_scatter_elements(NodeReader& node) {
  require_plain_scatter(node);
  ScatterElements op;
  op.axis = node.axis_of(node.integer("axis", 0), node.input(0)->shape().rank());
  node.add(op, {node.input(0), node.input(1), node.input(2)});
}

void read_scatter_nd(NodeReader& node) {
  require_plain_scatter(node);
  node.add(ScatterND{}, {node.input(0), node.input(1), node.input(2)});
}

/// A Gather of the positions at which the condition holds.
void read_compress(NodeReader& node) {
  Value* x = node.input(0);
  const std::vector<std::int64_t> condition = node.integers_input(1, "condition");
  Gather op;
  if (node.has_attribute("axis")) {
    op.axis = node.axis_of(node.integer("axis", 0), x->shape().rank());
  } else {
    Reshape flat;
    flat.shape = Shape{x->shape().elements()};
    x = node.add_step("flat", flat, {x});
  }
  std::vector<std::int64_t> positions;
  for (std::size_t i = 0; i < condition.size(); ++i)
    if (condition[i] != 0) positions.push_back(static_cast<std::int64_t>(i));
  node.add(op, {x, node.add_constant("positions", integer_list(std::move(positions)))});
}

void read_cum_sum(NodeReader& node) {
  CumSum op;
  const std::vector<std::int64_t> axis = node.integers_input(1, "axis");
  if (axis.size() != 1) node.refuse(fmt::format("{} axes", axis.size()), "give one");
  op.axis = node.axis_of(axis[0], node.input(0)->shape().rank());
  op.exclusive = node.integer("exclusive", 0) != 0;
  op.reverse = node.integer("reverse", 0) != 0;
  node.add(op, {node.input(0)});
}

void write_cum_sum(NodeWriter& node) {
  const CumSum& op = node.op<CumSum>();
  node.add_constant_input(".axis", Tensor::int64({}, {op.axis}));
  node.integer("exclusive", op.exclusive);
  node.integer("reverse", op.reverse);
}

void read_one_hot(NodeReader& node) {
  const Tensor &depth = node.constant_input(1, "depth"), &values = node.constant_input(2, "values");
  if (depth.elements() != 1 || values.elements() != 2)
    node.refuse(fmt::format("depth is {} and values are {}", to_string(depth.type()), to_string(values.type())),
                "give one depth and two values");
  OneHot op;
  const double given = depth.visit([](auto all) { return static_cast<double>(all[0]); });
  if (!(given >= 1 && given <= 0x1p31)) node.refuse(fmt::format("depth {}", given), "give at least 1");
  op.depth = static_cast<std::int64_t>(given);
  op.element = values.type().element;
  values.visit([&](auto all) {
    op.off = static_cast<double>(all[0]);
    op.on = static_cast<double>(all[1]);
  });
  op.axis = node.axis_of(node.integer("axis", -1), node.input(0)->shape().rank() + 1);
  node.add(op, {node.input(0)});
}

void write_one_hot(NodeWriter& node) {
  const OneHot& op = node.op<OneHot>();
  node.add_constant_input(".depth", Tensor::int64({}, {op.depth}));
  Tensor values(TensorType{{2}, op.element, {}});
  values.visit([&](auto all) {
    using T = typename decltype(all)::value_type;
    all[0] = static_cast<T>(op.off);
    all[1] = static_cast<T>(op.on);
  });
  node.add_constant_input(".values", values);
  node.integer("axis", op.axis);
}

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"Compress", 2, 2, "", read_compress, nullptr},
    {"CumSum", 2, 2, CumSum::kName, read_cum_sum, write_cum_sum, kTakesIntegers},
    {"Gather", 2, 2, Gather::kName, read_along_axis<Gather>, write_along_axis<Gather>, kTakesIntegers},
    {"GatherElements", 2, 2, GatherElements::kName, read_along_axis<GatherElements>, write_along_axis<GatherElements>, kTakesIntegers},
    {"GatherND", 2, 2, GatherND::kName, read_gather_nd, write_gather_nd, kTakesIntegers},
    {"OneHot", 3, 3, OneHot::kName, read_one_hot, write_one_hot, kTakesIntegers},
    {"Scatter", 3, 3, "", read_scatter_elements, nullptr},  // ScatterElements before opset 11
    {"ScatterElements", 3, 3, ScatterElements::kName, read_scatter_elements, write_along_axis<ScatterElements>, kTakesIntegers},
    {"ScatterND", 3, 3, ScatterND::kName, read_scatter_nd, write_plain, kTakesIntegers},
};

}  // namespace

OperatorFamily gather_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
