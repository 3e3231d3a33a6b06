#include <iterator>

#include "ir/ops/elementwise.h"
#include "onnx/random_graph/generator.h"

namespace bitloom::onnx_format {
namespace {

/// One of the operators on `a` and `b`, each as likely.
template <class... Ops>
Value* any_of(Generator& g, Value* a, Value* b, Ops... ops) {
  Value* result = nullptr;
  std::int64_t skipped = g.below(sizeof...(Ops));
  ((skipped-- == 0 ? void(result = g.node(ops, {a, b})) : void()), ...);
  return result;
}

void add_binary(Generator& g) {
  Value* a = g.last();
  Value* b = g.below(3) ? g.fitting() : a;
  if (g.coin()) std::swap(a, b);
  Mod mod;
  mod.c_sign = true;
  g.set_last(any_of(g, a, b, Add{}, Sub{}, Mul{}, Div{}, Min{}, Max{}, mod, Pow{}));
}

void add_sum_with_itself(Generator& g) { g.set_last(g.node(Add{}, {g.last(), g.last()})); }

void add_prelu(Generator& g) { g.append(PRelu{}, {g.fitting()}); }

Value* comparison(Generator& g) {
  if (g.below(4)) return any_of(g, g.last(), g.fitting(), Equal{}, Less{}, LessOrEqual{}, Greater{}, GreaterOrEqual{});
  if (g.coin()) return g.node(IsNaN{}, {g.last()});
  IsInf op;
  op.positive = g.coin();
  op.negative = g.coin();
  return g.node(op, {g.last()});
}

/// Where one or two conditions hold the last tensor, elsewhere a constant.
void add_choice(Generator& g) {
  Value* condition = comparison(g);
  if (g.below(4) == 0) condition = g.node(Not{}, {condition});
  if (g.below(4)) condition = any_of(g, condition, comparison(g), And{}, Or{}, Xor{});
  g.set_last(g.node(Where{}, {condition, g.last(), g.fitting()}));
}

/// To integers or booleans and back.
void add_cast(Generator& g) {
  const ElementType types[] = {ElementType::boolean(),         ElementType::int8(),  ElementType::uint8(),
                               ElementType::integer(16, true), ElementType::int32(), ElementType::int64()};
  Cast op;
  op.element = types[g.below(std::size(types))];
  g.append(op);
  if (op.element == ElementType::int64()) g.append_any(Abs{}, Neg{}, Sign{});
  g.append(Cast{});
}

void add_narrower_floats(Generator& g) {
  Cast op;
  op.format = g.coin() ? FloatFormat::kFloat16 : FloatFormat::kBfloat16;
  g.append(op);
}

constexpr Layer kLayers[] = {add_binary, add_binary, add_cast, add_choice, add_choice, add_narrower_floats, add_prelu, add_sum_with_itself};

}  // namespace

LayerFamily element_layers() { return kLayers; }

}  // namespace bitloom::onnx_format
