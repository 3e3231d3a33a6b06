#include "onnx/operators/activation_pattern.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <vector>

#include "ir/ops/elementwise.h"

namespace bitloom::onnx_format {
namespace {

/// Constants are written as float32, or with six digits and more.
bool near(double a, double b) { return std::abs(a - b) <= 1e-6 * std::abs(b); }

std::optional<double> scalar(const Value* value) {
  if (!value->is_constant() || !value->type().element.is_float || value->shape().elements() != 1) return std::nullopt;
  return value->constant().floats()[0];
}

template <class T>
const T* made_by(const Value* value) {
  return value->producer() ? value->producer()->as<T>() : nullptr;
}

/// x, where `value` is T(x, constant) or T(constant, x), for a T that commutes.
template <class T>
Value* beside(const Value* value, double constant) {
  if (!made_by<T>(value)) return nullptr;
  const Node* node = value->producer();
  for (int i = 0; i < 2; ++i)
    if (const auto other = scalar(node->input(1 - i)); other && near(*other, constant)) return node->input(i);
  return nullptr;
}

/// The product that nested Mul, and Div by a constant, make.
struct Product {
  double scale = 1;
  std::vector<Value*> factors;

  /// Multiplies `value` in. `whole` is not taken apart; nor is what lies deeper than any of the patterns.
  void multiply(Value* value, const Value* whole, int depth = 4) {
    const bool may_open = value != whole && depth > 0;
    if (const auto constant = scalar(value)) {
      scale *= *constant;
    } else if (may_open && made_by<Mul>(value)) {
      for (Value* factor : value->producer()->inputs()) multiply(factor, whole, depth - 1);
    } else if (may_open && made_by<Div>(value) && scalar(value->producer()->input(1))) {
      scale /= *scalar(value->producer()->input(1));
      multiply(value->producer()->input(0), whole, depth - 1);
    } else {
      factors.push_back(value);
    }
  }
};

/// What an activation multiplies x with, but for a constant.
struct Gate {
  Value* x;
  double scale;  ///< that constant
  std::unique_ptr<Op> op;
};

template <class T>
std::optional<Gate> gate(Value* x, double scale, T op = {}) {
  return Gate{x, scale, std::make_unique<T>(std::move(op))};
}

/// x, where `argument` is x / sqrt(2).
Value* under_erf(const Value* argument) {
  if (Value* x = beside<Mul>(argument, 1 / std::numbers::sqrt2)) return x;
  if (!made_by<Div>(argument)) return nullptr;
  const auto divisor = scalar(argument->producer()->input(1));
  return divisor && near(*divisor, std::numbers::sqrt2) ? argument->producer()->input(0) : nullptr;
}

bool is_cubic_term(Value* value, const Value* x) {
  Product term;
  term.multiply(value, x);
  if (!near(term.scale, 0.044715)) return false;
  if (term.factors.size() == 3) return std::ranges::all_of(term.factors, [&](const Value* factor) { return factor == x; });
  if (term.factors.size() != 1 || !made_by<Pow>(term.factors[0])) return false;
  const Node* power = term.factors[0]->producer();
  return power->input(0) == x && scalar(power->input(1)) == 3;
}

/// x, where `argument` is sqrt(2 / pi) * (x + 0.044715 * x^3).
Value* under_tanh(const Value* argument) {
  const Value* sum = beside<Mul>(argument, std::sqrt(2 / std::numbers::pi));
  if (!sum || !made_by<Add>(sum)) return nullptr;
  Value *a = sum->producer()->input(0), *b = sum->producer()->input(1);
  return is_cubic_term(b, a) ? a : is_cubic_term(a, b) ? b : nullptr;
}

std::optional<Gate> gate_of(const Value* value) {
  const Node* node = value->producer();
  if (!node) return std::nullopt;
  if (const auto* op = node->as<HardSigmoid>(); op && near(op->alpha, 1.0 / 6) && op->beta == 0.5f) return gate<HardSwish>(node->input(0), 1);
  if (const auto* op = node->as<Clip>(); op && op->low == 0 && op->high == 6)
    if (Value* x = beside<Add>(node->input(0), 3)) return gate<HardSwish>(x, 1.0 / 6);
  if (node->is<Tanh>() && made_by<Softplus>(node->input(0))) return gate<Mish>(node->producer(0)->input(0), 1);
  const Value* bent = beside<Add>(value, 1);
  if (!bent || !bent->producer()) return std::nullopt;
  const Value* argument = bent->producer()->input(0);
  if (made_by<Erf>(bent))
    if (Value* x = under_erf(argument)) return gate<Gelu>(x, 0.5);
  if (made_by<Tanh>(bent))
    if (Value* x = under_tanh(argument)) return gate<Gelu>(x, 0.5, [] { Gelu op; op.tanh = true; return op; }());
  return std::nullopt;
}

Product product(Value* a, Value* b, double scale, const Value* whole) {
  Product result{scale, {}};
  result.multiply(a, whole);
  if (b) result.multiply(b, whole);
  return result;
}

}  // namespace

Activation recognize_activation(Value* a, Value* b, double scale) {
  for (Value* factor : product(a, b, scale, nullptr).factors) {
    std::optional<Gate> found = gate_of(factor);
    if (!found) continue;
    const Product p = product(a, b, scale, found->x);
    const bool is_x_and_gate = p.factors == std::vector{found->x, factor} || p.factors == std::vector{factor, found->x};
    if (is_x_and_gate && near(p.scale, found->scale)) return {std::move(found->op), found->x};
  }
  return {};
}

}  // namespace bitloom::onnx_format
