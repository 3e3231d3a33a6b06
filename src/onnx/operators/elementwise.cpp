#include "ir/ops/elementwise.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <class T>
void read_alpha(NodeReader& node) {
  T op;
  op.alpha = node.real("alpha", op.alpha);
  node.add(op, {node.input(0)});
}

template <class T>
void write_alpha(NodeWriter& node) {
  node.real("alpha", node.op<T>().alpha);
}

void read_hard_sigmoid(NodeReader& node) {
  HardSigmoid op;
  op.alpha = node.real("alpha", op.alpha);
  op.beta = node.real("beta", op.beta);
  node.add(op, {node.input(0)});
}

void write_hard_sigmoid(NodeWriter& node) {
  node.real("alpha", node.op<HardSigmoid>().alpha);
  node.real("beta", node.op<HardSigmoid>().beta);
}

void read_selu(NodeReader& node) {
  Selu op;
  op.alpha = node.real("alpha", op.alpha);
  op.gamma = node.real("gamma", op.gamma);
  node.add(op, {node.input(0)});
}

void write_selu(NodeWriter& node) {
  node.real("alpha", node.op<Selu>().alpha);
  node.real("gamma", node.op<Selu>().gamma);
}

void read_shrink(NodeReader& node) {
  Shrink op;
  op.lambda = node.real("lambd", op.lambda);
  op.bias = node.real("bias", op.bias);
  node.add(op, {node.input(0)});
}

void write_shrink(NodeWriter& node) {
  node.real("lambd", node.op<Shrink>().lambda);
  node.real("bias", node.op<Shrink>().bias);
}

void read_is_inf(NodeReader& node) {
  IsInf op;
  op.positive = node.integer("detect_positive", 1) != 0;
  op.negative = node.integer("detect_negative", 1) != 0;
  node.add(op, {node.input(0)});
}

void write_is_inf(NodeWriter& node) {
  node.integer("detect_positive", node.op<IsInf>().positive);
  node.integer("detect_negative", node.op<IsInf>().negative);
}

/// The constant bound `i` of a Clip on floats; nothing where it is computed.
std::optional<float> constant_bound(NodeReader& node, int i, float absent) {
  if (!node.has_input(i)) return absent;
  const Value* bound = node.input(i);
  if (!bound->is_constant() || !bound->type().element.is_float || bound->shape().elements() != 1) return std::nullopt;
  return bound->constant().floats()[0];
}

/// Bounds are attributes before opset 11 and inputs after it. Computed ones, and those of integers, are a Max and a Min.
void read_clip(NodeReader& node) {
  Value* x = node.input(0);
  if (node.opset() < 11) {
    Clip op;
    op.low = node.real("min", op.low);
    op.high = node.real("max", op.high);
    return node.add(op, {x});
  }
  const std::optional<float> low = constant_bound(node, 1, -kInfinity), high = constant_bound(node, 2, kInfinity);
  if (low && high && x->type().element.is_float) {
    Clip op;
    op.low = *low;
    op.high = *high;
    return node.add(op, {x});
  }
  Value *floor = node.optional_input(1), *ceiling = node.optional_input(2);
  if (!floor && !ceiling) return node.define_output(0, x);
  if (!ceiling) return node.add(Max{}, {x, floor});
  if (floor) x = node.add_step("raised", Max{}, {x, floor});
  node.add(Min{}, {x, ceiling});
}

void write_clip(NodeWriter& node) {
  const auto bound = [&](const char* suffix, float value) {
    if (std::isinf(value))
      node.add_absent_input();
    else
      node.add_constant_input(suffix, Tensor(Shape{}, std::vector<float>{value}));
  };
  bound(".min", node.op<Clip>().low);
  bound(".max", node.op<Clip>().high);
}

void write_hard_swish(NodeWriter& node) {
  const std::string x = node.input_name(0);
  node.become("Mul", {x, node.add_step("HardSigmoid", "gate", {x}, {{"alpha", 1.0f / 6}, {"beta", 0.5f}})});
}

void write_mish(NodeWriter& node) {
  const std::string x = node.input_name(0);
  node.become("Mul", {x, node.add_step("Tanh", "gate", {node.add_step("Softplus", "softplus", {x})})});
}

void read_gelu(NodeReader& node) {
  Gelu op;
  const std::string approximate = node.text("approximate", "none");
  if (approximate != "none" && approximate != "tanh") node.refuse("approximate is not known", "supported: none, tanh");
  op.tanh = approximate == "tanh";
  node.add(op, {node.input(0)});
}

/// ONNX Runtime's: the approximation by tanh of x + bias.
void read_fast_gelu(NodeReader& node) {
  Gelu op;
  op.tanh = true;
  Value* x = node.input(0);
  if (Value* bias = node.optional_input(1)) x = node.add_step("biased", Add{}, {x, bias});
  node.add(op, {x});
}

/// x / 2 * (1 + s(u)), with s(u) = erf(x / sqrt(2)) or tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)), as PyTorch's exporter writes it.
void write_gelu(NodeWriter& node) {
  const std::string x = node.input_name(0);
  std::string bent;
  if (node.op<Gelu>().tanh) {
    const std::string square = node.add_step("Mul", "square", {x, x});
    const std::string cube = node.add_step("Mul", "cube", {square, x});
    const std::string share = node.add_step("Mul", "share", {cube, node.add_scalar("cubic", 0.044715f)});
    const std::string sum = node.add_step("Add", "sum", {x, share});
    const std::string argument = node.add_step("Mul", "argument", {sum, node.add_scalar("factor", std::sqrt(2 / std::numbers::pi_v<float>))});
    bent = node.add_step("Tanh", "bent", {argument});
  } else {
    bent = node.add_step("Erf", "bent", {node.add_step("Div", "argument", {x, node.add_scalar("root", std::numbers::sqrt2_v<float>)})});
  }
  const std::string gate = node.add_step("Add", "gate", {bent, node.add_scalar("one", 1)});
  const std::string product = node.add_step("Mul", "product", {x, gate});
  node.become("Mul", {product, node.add_scalar("half", 0.5f)});
}

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"Abs", 1, 1, Abs::kName, read_plain<Abs>, write_plain, kTakesIntegers},
    {"Acos", 1, 1, Acos::kName, read_plain<Acos>, write_plain},
    {"Acosh", 1, 1, Acosh::kName, read_plain<Acosh>, write_plain},
    {"Asin", 1, 1, Asin::kName, read_plain<Asin>, write_plain},
    {"Asinh", 1, 1, Asinh::kName, read_plain<Asinh>, write_plain},
    {"Atan", 1, 1, Atan::kName, read_plain<Atan>, write_plain},
    {"Atanh", 1, 1, Atanh::kName, read_plain<Atanh>, write_plain},
    {"Ceil", 1, 1, Ceil::kName, read_plain<Ceil>, write_plain},
    {"Celu", 1, 1, Celu::kName, read_alpha<Celu>, write_alpha<Celu>},
    {"Clip", 1, 3, Clip::kName, read_clip, write_clip},
    {"Cos", 1, 1, Cos::kName, read_plain<Cos>, write_plain},
    {"Cosh", 1, 1, Cosh::kName, read_plain<Cosh>, write_plain},
    {"Elu", 1, 1, Elu::kName, read_alpha<Elu>, write_alpha<Elu>},
    {"Erf", 1, 1, Erf::kName, read_plain<Erf>, write_plain},
    {"Exp", 1, 1, Exp::kName, read_plain<Exp>, write_plain},
    {"FastGelu", 1, 2, "", read_fast_gelu, nullptr, false, kMicrosoft},
    {"Floor", 1, 1, Floor::kName, read_plain<Floor>, write_plain},
    {"Gelu", 1, 1, Gelu::kName, read_gelu, write_gelu},
    {"Gelu", 1, 1, "", read_plain<Gelu>, nullptr, false, kMicrosoft},
    {"HardSigmoid", 1, 1, HardSigmoid::kName, read_hard_sigmoid, write_hard_sigmoid},
    {"HardSwish", 1, 1, HardSwish::kName, read_plain<HardSwish>, write_hard_swish},
    {"IsInf", 1, 1, IsInf::kName, read_is_inf, write_is_inf},
    {"IsNaN", 1, 1, IsNaN::kName, read_plain<IsNaN>, write_plain},
    {"LeakyRelu", 1, 1, LeakyRelu::kName, read_alpha<LeakyRelu>, write_alpha<LeakyRelu>},
    {"Log", 1, 1, Log::kName, read_plain<Log>, write_plain},
    {"Mish", 1, 1, Mish::kName, read_plain<Mish>, write_mish},
    {"Neg", 1, 1, Neg::kName, read_plain<Neg>, write_plain, kTakesIntegers},
    {"Not", 1, 1, Not::kName, read_plain<Not>, write_plain, kTakesIntegers},
    {"Reciprocal", 1, 1, Reciprocal::kName, read_plain<Reciprocal>, write_plain},
    {"Relu", 1, 1, Relu::kName, read_plain<Relu>, write_plain},
    {"Round", 1, 1, Round::kName, read_plain<Round>, write_plain},
    {"Selu", 1, 1, Selu::kName, read_selu, write_selu},
    {"Shrink", 1, 1, Shrink::kName, read_shrink, write_shrink},
    {"Sigmoid", 1, 1, Sigmoid::kName, read_plain<Sigmoid>, write_plain},
    {"Sign", 1, 1, Sign::kName, read_plain<Sign>, write_plain, kTakesIntegers},
    {"Sin", 1, 1, Sin::kName, read_plain<Sin>, write_plain},
    {"Sinh", 1, 1, Sinh::kName, read_plain<Sinh>, write_plain},
    {"Softplus", 1, 1, Softplus::kName, read_plain<Softplus>, write_plain},
    {"Softsign", 1, 1, Softsign::kName, read_plain<Softsign>, write_plain},
    {"Sqrt", 1, 1, Sqrt::kName, read_plain<Sqrt>, write_plain},
    {"Tan", 1, 1, Tan::kName, read_plain<Tan>, write_plain},
    {"Tanh", 1, 1, Tanh::kName, read_plain<Tanh>, write_plain},
    {"ThresholdedRelu", 1, 1, ThresholdedRelu::kName, read_alpha<ThresholdedRelu>, write_alpha<ThresholdedRelu>},
};

}  // namespace

OperatorFamily elementwise_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
