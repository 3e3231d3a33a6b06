#include "train/kernels/cases.h"

namespace bitloom::train {
namespace {

template <class T>
Case of_image(const char* name, T op = {}) {
  return {name, [op](TestGraph& t) { return unary(t, std::make_unique<T>(op)); }};
}

/// `op` on numbers from 1 to 3, for functions that are not defined on all.
template <class T>
Case of_positive(const char* name) {
  return {name, [](TestGraph& t) {
            Value* x = t.graph.add("", Add{}, {t.image({1, 3, 5, 6}), t.graph.add_constant("", Tensor(Shape{}, std::vector<float>{2}))});
            return t.finish(t.graph.add("", T{}, {x}));
          }};
}

/// `op` on an image and a tensor of `shape` with values from `low` to `high`.
template <class T>
Case with_constant(const char* name, Shape shape, double low = -1, double high = 1, T op = {}) {
  return {name, [=](TestGraph& t) { return t.finish(t.graph.add("", op, {t.image({1, 3, 5, 6}), t.constant(shape, low, high)})); }};
}

/// Where(condition(x > -0.5, y > 0), x, y) for images x and y: a boolean operator at work on half of the pixels and more.
template <class T>
Case of_conditions(const char* name) {
  return {name, [](TestGraph& t) {
            Value *x = t.image({1, 3, 4, 4}), *y = t.image({1, 3, 4, 4});
            Value* bound = t.graph.add_constant("", Tensor({3, 1, 1}, {-0.5f, 0, 0.5f}));
            Value* zero = t.graph.add_constant("", Tensor(Shape{}, std::vector<float>{0}));
            Value* condition = t.graph.add("", T{}, {t.graph.add("", Greater{}, {x, bound}), t.graph.add("", LessOrEqual{}, {y, zero})});
            return t.finish(t.graph.add("", Where{}, {condition, x, y}));
          }};
}

template <class T>
Case of_comparison(const char* name) {
  return {name, [](TestGraph& t) {
            Value* x = t.graph.add("", Round{}, {t.image({1, 3, 4, 4})});  // so that some are equal
            Value* y = t.graph.add("", Round{}, {t.image({1, 3, 4, 4})});
            return t.finish(t.graph.add("", Cast{}, {t.graph.add("", T{}, {x, y})}));
          }};
}

template <class T>
Case of_test(const char* name, T op = {}) {
  return {name, [op](TestGraph& t) {
            Value* x = t.graph.add("", Reciprocal{}, {t.graph.add("", Round{}, {t.image({1, 3, 4, 4})})});  // -1, 1 and both infinities
            return t.finish(t.graph.add("", Cast{}, {t.graph.add("", Not{}, {t.graph.add("", op, {x})})}));
          }};
}

/// The image, scaled to -300 .. 300, cast to a type and back.
Case of_cast(const char* name, ElementType element, FloatFormat format = FloatFormat::kFloat32) {
  return {name, [=](TestGraph& t) {
            Cast op;
            op.element = element;
            op.format = format;
            Value* x = t.graph.add("", Mul{}, {t.image({1, 3, 5, 6}), t.graph.add_constant("", Tensor({1}, {300}))});
            x = t.graph.add("", op, {x});
            return t.finish(element.is_float ? x : t.graph.add("", Cast{}, {x}));
          }};
}

template <class T>
T made(void (*set)(T&)) {
  T op;
  set(op);
  return op;
}

}  // namespace

std::vector<Case> elementwise_cases() {
  return {
      of_image<Abs>("Abs"),
      of_image<Acos>("Acos"),
      of_positive<Acosh>("Acosh"),
      with_constant<Add>("AddOfAChannelEach", {3, 1, 1}),
      with_constant<Add>("AddOfARow", {6}),
      of_conditions<And>("And"),
      of_image<Asin>("Asin"),
      of_image<Asinh>("Asinh"),
      of_image<Atan>("Atan"),
      of_image<Atanh>("Atanh"),
      of_cast("CastToBfloat16", ElementType::float32(), FloatFormat::kBfloat16),
      of_cast("CastToBool", ElementType::boolean()),
      of_cast("CastToFloat16", ElementType::float32(), FloatFormat::kFloat16),
      of_cast("CastToInt64", ElementType::int64()),
      of_cast("CastToInt8", ElementType::int8()),
      of_cast("CastToUint8", ElementType::uint8()),
      of_image<Ceil>("Ceil"),
      of_image("Celu", made<Celu>([](Celu& op) { op.alpha = 0.7f; })),
      of_image("Clip", made<Clip>([](Clip& op) { op.low = -0.5f, op.high = 0.25f; })),
      of_image("ClipOnOneSide", made<Clip>([](Clip& op) { op.low = -0.5f; })),
      of_image<Cos>("Cos"),
      of_image<Cosh>("Cosh"),
      with_constant<Div>("Div", {3, 1, 1}, 1, 2),
      of_image("Elu", made<Elu>([](Elu& op) { op.alpha = 0.7f; })),
      of_comparison<Equal>("Equal"),
      of_image<Erf>("Erf"),
      of_image<Exp>("Exp"),
      of_image<Floor>("Floor"),
      of_image<Gelu>("Gelu"),
      of_image("GeluByTanh", made<Gelu>([](Gelu& op) { op.tanh = true; })),
      of_comparison<Greater>("Greater"),
      of_comparison<GreaterOrEqual>("GreaterOrEqual"),
      of_image("HardSigmoid", made<HardSigmoid>([](HardSigmoid& op) { op.alpha = 0.9f; })),
      of_image<HardSwish>("HardSwish"),
      of_test<IsInf>("IsInf"),
      of_test("IsInfNegative", made<IsInf>([](IsInf& op) { op.positive = false; })),
      of_test("IsInfNeither", made<IsInf>([](IsInf& op) { op.positive = op.negative = false; })),
      of_test<IsNaN>("IsNaN"),
      of_image<LeakyRelu>("LeakyRelu"),
      of_comparison<Less>("Less"),
      of_comparison<LessOrEqual>("LessOrEqual"),
      of_positive<Log>("Log"),
      with_constant<Max>("Max", {5, 1}),
      with_constant<Min>("Min", {5, 1}),
      of_image<Mish>("Mish"),
      with_constant("Mod", {3, 1, 1}, 0.3, 0.6, Mod{}),
      with_constant("ModWithTheSignOfTheDividend", {3, 1, 1}, 0.3, 0.6, made<Mod>([](Mod& op) { op.c_sign = true; })),
      with_constant<Mul>("Mul", {1, 3, 1, 1}),
      {"MulOfImages", [](TestGraph& t) { return t.finish(t.graph.add("", Mul{}, {t.image({1, 3, 4, 4}), t.image({1, 1, 4, 1})})); }},
      of_image<Neg>("Neg"),
      of_conditions<Or>("Or"),
      with_constant<PRelu>("PRelu", {3, 1, 1}),
      {"Pow",
       [](TestGraph& t) {
         Value* x = t.graph.add("", Exp{}, {t.image({1, 3, 4, 4})});
         return t.finish(t.graph.add("", Pow{}, {x, t.constant({1, 4})}));
       }},
      of_positive<Reciprocal>("Reciprocal"),
      of_image<Round>("Round"),
      of_image<Selu>("Selu"),
      of_image("Shrink", made<Shrink>([](Shrink& op) { op.bias = 0.25f; })),
      of_image<Sign>("Sign"),
      of_image<Sin>("Sin"),
      of_image<Sinh>("Sinh"),
      of_image<Softplus>("Softplus"),
      of_image<Softsign>("Softsign"),
      of_positive<Sqrt>("Sqrt"),
      with_constant<Sub>("Sub", {}),
      of_image<Tan>("Tan"),
      of_image("ThresholdedRelu", made<ThresholdedRelu>([](ThresholdedRelu& op) { op.alpha = 0.3f; })),
      of_conditions<Xor>("Xor"),
  };
}

}  // namespace bitloom::train
