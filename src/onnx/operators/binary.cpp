#include "ir/ops/binary.h"

#include <fmt/format.h>

#include <limits>

#include "onnx/operators/activation_pattern.h"
#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

constexpr int kAnyNumber = std::numeric_limits<int>::max();

/// `value`, a constant, with axes of 1 appended.
Value* with_trailing_axes(NodeReader& node, Value* value, int count) {
  if (count == 0) return value;
  if (!value->is_constant()) node.refuse("its second operand is computed and begins at an inner axis of the first", "convert it to opset 7");
  std::vector<std::int64_t> dims = value->shape().dims();
  dims.resize(dims.size() + static_cast<std::size_t>(count), 1);
  node.allow_constant(value->shape());
  Tensor tensor = value->constant();
  tensor.reshape(Shape(std::move(dims)));
  return node.add_constant("b", std::move(tensor));
}

/// Before opset 7 only the second operand was broadcast, if 'broadcast' said so: its axes were those of the first from 'axis' on, or,
/// without that, the last.
Value* second_operand(NodeReader& node) {
  const Value* a = node.input(0);
  Value* b = node.input(1);
  if (node.opset() >= 7) return b;
  const bool begins_inside = node.has_attribute("axis");
  const std::int64_t axis = node.integer("axis", 0);
  if (node.integer("broadcast", 0) == 0) {
    if (a->shape() != b->shape())
      node.refuse(fmt::format("operands of shape {} and {} without broadcast = 1", to_string(a->shape()), to_string(b->shape())),
                  "the file is damaged; export it again");
    return b;
  }
  if (!begins_inside || b->shape().elements() == 1) return b;
  const int trailing = a->shape().rank() - node.axis_of(axis, a->shape().rank()) - b->shape().rank();
  if (trailing < 0)
    node.refuse(fmt::format("axis = {} for operands of shape {} and {}", axis, to_string(a->shape()), to_string(b->shape())),
                "the file is damaged; export it again");
  return with_trailing_axes(node, b, trailing);
}

template <class T>
void read_binary(NodeReader& node) {
  node.add(T{}, {node.input(0), second_operand(node)});
}

void read_mul(NodeReader& node) {
  Value *a = node.input(0), *b = second_operand(node);
  if (Activation activation = recognize_activation(a, b); activation.op) return node.add(std::move(activation.op), {activation.x});
  node.add(Mul{}, {a, b});
}

void read_div(NodeReader& node) {
  Value *a = node.input(0), *b = second_operand(node);
  if (b->is_constant() && b->type().element.is_float && b->shape().elements() == 1 && b->shape().rank() <= a->shape().rank())
    if (Activation activation = recognize_activation(a, nullptr, 1.0 / b->constant().floats()[0]); activation.op)
      return node.add(std::move(activation.op), {activation.x});
  node.add(Div{}, {a, b});
}

/// Any number of operands, from left to right.
template <class T>
void read_chain(NodeReader& node) {
  Value* result = node.input(0);
  const int last = node.inputs() - 1;
  if (last == 0) return node.define_output(0, result);
  for (int i = 1; i < last; ++i) result = node.add_step(fmt::format("{}", i), T{}, {result, node.input(i)});
  node.add(T{}, {result, node.input(last)});
}

void read_mean(NodeReader& node) {
  Value* sum = node.input(0);
  if (node.inputs() == 1) return node.define_output(0, sum);
  for (int i = 1; i < node.inputs(); ++i) sum = node.add_step(fmt::format("{}", i), Add{}, {sum, node.input(i)});
  node.add(Div{}, {sum, node.add_constant("count", Tensor(Shape{}, std::vector<float>{static_cast<float>(node.inputs())}))});
}

void read_mod(NodeReader& node) {
  Mod op;
  op.c_sign = node.integer("fmod", 0) != 0;
  if (!op.c_sign && node.input(0)->type().element.is_float) node.refuse("fmod = 0 on floats", "set fmod = 1");
  node.add(op, {node.input(0), node.input(1)});
}

void write_mod(NodeWriter& node) {
  node.integer("fmod", node.op<Mod>().c_sign);
}

/// Before opset 7 a list of slopes was one per channel.
void read_prelu(NodeReader& node) {
  const Shape& x = node.input(0)->shape();
  Value* slope = node.input(1);
  const bool per_channel = node.opset() < 7 && slope->shape().rank() == 1 && slope->shape().elements() > 1 && x.rank() > 2;
  node.add(PRelu{}, {node.input(0), with_trailing_axes(node, slope, per_channel ? x.rank() - 2 : 0)});
}

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"Add", 2, 2, Add::kName, read_binary<Add>, write_plain, kTakesIntegers},
    {"And", 2, 2, And::kName, read_binary<And>, write_plain, kTakesIntegers},
    {"Div", 2, 2, Div::kName, read_div, write_plain, kTakesIntegers},
    {"Equal", 2, 2, Equal::kName, read_binary<Equal>, write_plain, kTakesIntegers},
    {"Greater", 2, 2, Greater::kName, read_binary<Greater>, write_plain, kTakesIntegers},
    {"GreaterOrEqual", 2, 2, GreaterOrEqual::kName, read_plain<GreaterOrEqual>, write_plain, kTakesIntegers},
    {"Less", 2, 2, Less::kName, read_binary<Less>, write_plain, kTakesIntegers},
    {"LessOrEqual", 2, 2, LessOrEqual::kName, read_plain<LessOrEqual>, write_plain, kTakesIntegers},
    {"Max", 1, kAnyNumber, Max::kName, read_chain<Max>, write_plain, kTakesIntegers},
    {"Mean", 1, kAnyNumber, "", read_mean, nullptr},
    {"Min", 1, kAnyNumber, Min::kName, read_chain<Min>, write_plain, kTakesIntegers},
    {"Mod", 2, 2, Mod::kName, read_mod, write_mod, kTakesIntegers},
    {"Mul", 2, 2, Mul::kName, read_mul, write_plain, kTakesIntegers},
    {"Or", 2, 2, Or::kName, read_binary<Or>, write_plain, kTakesIntegers},
    {"PRelu", 2, 2, PRelu::kName, read_prelu, write_plain},
    {"Pow", 2, 2, Pow::kName, read_binary<Pow>, write_plain, kTakesIntegers},
    {"Sub", 2, 2, Sub::kName, read_binary<Sub>, write_plain, kTakesIntegers},
    {"Sum", 1, kAnyNumber, "", read_chain<Add>, nullptr},
    {"Where", 3, 3, Where::kName, read_plain<Where>, write_plain, kTakesIntegers},
    {"Xor", 2, 2, Xor::kName, read_binary<Xor>, write_plain, kTakesIntegers},
};

}  // namespace

OperatorFamily binary_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
