#include <ATen/ops/abs.h>
#include <ATen/ops/acos.h>
#include <ATen/ops/acosh.h>
#include <ATen/ops/add.h>
#include <ATen/ops/asin.h>
#include <ATen/ops/asinh.h>
#include <ATen/ops/atan.h>
#include <ATen/ops/atanh.h>
#include <ATen/ops/ceil.h>
#include <ATen/ops/celu.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/cosh.h>
#include <ATen/ops/div.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/erf.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/floor.h>
#include <ATen/ops/fmod.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/hardswish.h>
#include <ATen/ops/isinf.h>
#include <ATen/ops/isnan.h>
#include <ATen/ops/le.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/log.h>
#include <ATen/ops/logical_not.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/mish.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/round.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/sign.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/sinh.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/tan.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/threshold.h>
#include <ATen/ops/trunc.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <limits>

#include "ir/ops/batch_norm.h"
#include "ir/ops/conv2d.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gemm.h"
#include "ir/ops/pool2d.h"
#include "train/kernels/kernels.h"

namespace bitloom::train {
namespace {

/// True when `x` is written by its producer for this consumer alone and the producer's own gradient does not need it.
bool may_overwrite(const Node& node) {
  const Node* producer = node.producer(0);
  if (!producer || producer->single_consumer() != &node) return false;
  return producer->is<Conv2d>() || producer->is<BatchNorm>() || producer->is<Gemm>() || producer->is<Add>() || producer->is<MaxPool2d>() ||
         producer->is<AveragePool2d>();
}

Kernel relu(const Node& node) {
  if (!may_overwrite(node)) return [](Operands in, Mode) { return at::relu(in[0]); };
  return [](Operands in, Mode) {
    at::Tensor x = in[0];
    return at::relu_(x);
  };
}

/// Integers and booleans are float tensors with whole values here (see to_torch), so a test of a condition ends with numbers again.
at::Tensor as_numbers(const at::Tensor& truth) { return truth.to(at::kFloat); }

template <at::Tensor (*kFunction)(const at::Tensor&)>
Kernel unary(const Node&) {
  return [](Operands in, Mode) { return kFunction(in[0]); };
}

template <at::Tensor (*kFunction)(const at::Tensor&, const at::Tensor&)>
Kernel binary(const Node&) {
  return [](Operands in, Mode) { return kFunction(in[0], in[1]); };
}

template <at::Tensor (*kTest)(const at::Tensor&, const at::Tensor&)>
Kernel comparison(const Node&) {
  return [](Operands in, Mode) { return as_numbers(kTest(in[0], in[1])); };
}

at::Tensor sum(const at::Tensor& a, const at::Tensor& b) { return at::add(a, b); }
at::Tensor difference(const at::Tensor& a, const at::Tensor& b) { return at::sub(a, b); }
at::Tensor softsign(const at::Tensor& x) { return at::div(x, at::add(at::abs(x), 1)); }
at::Tensor softplus(const at::Tensor& x) { return at::softplus(x); }
at::Tensor logical_not(const at::Tensor& x) { return as_numbers(at::eq(x, 0)); }
at::Tensor is_nan(const at::Tensor& x) { return as_numbers(at::isnan(x)); }
at::Tensor exclusive_or(const at::Tensor& a, const at::Tensor& b) { return as_numbers(at::ne(a, b)); }

Kernel clip(const Node& node) {
  const Clip& op = *node.as<Clip>();
  return [low = op.low, high = op.high](Operands in, Mode) { return at::clamp(in[0], low, high); };
}

Kernel hard_sigmoid(const Node& node) {
  const HardSigmoid& op = *node.as<HardSigmoid>();
  return [alpha = op.alpha, beta = op.beta](Operands in, Mode) { return at::clamp(at::add(at::mul(in[0], alpha), beta), 0, 1); };
}

Kernel leaky_relu(const Node& node) {
  return [alpha = node.as<LeakyRelu>()->alpha](Operands in, Mode) { return at::leaky_relu(in[0], alpha); };
}

Kernel elu(const Node& node) {
  return [alpha = node.as<Elu>()->alpha](Operands in, Mode) { return at::elu(in[0], alpha); };
}

Kernel selu(const Node& node) {
  const Selu& op = *node.as<Selu>();
  return [alpha = op.alpha, gamma = op.gamma](Operands in, Mode) { return at::elu(in[0], alpha, gamma); };
}

Kernel celu(const Node& node) {
  return [alpha = node.as<Celu>()->alpha](Operands in, Mode) { return at::celu(in[0], alpha); };
}

Kernel thresholded_relu(const Node& node) {
  return [alpha = node.as<ThresholdedRelu>()->alpha](Operands in, Mode) { return at::threshold(in[0], alpha, 0); };
}

Kernel shrink(const Node& node) {
  const Shrink& op = *node.as<Shrink>();
  return [lambda = op.lambda, bias = op.bias](Operands in, Mode) {
    const at::Tensor &x = in[0], inside = at::zeros_like(x);
    return at::where(at::lt(x, -lambda), at::add(x, bias), at::where(at::gt(x, lambda), at::sub(x, bias), inside));
  };
}

Kernel gelu(const Node& node) {
  return [approximate = node.as<Gelu>()->tanh ? "tanh" : "none"](Operands in, Mode) { return at::gelu(in[0], approximate); };
}

Kernel is_inf(const Node& node) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const IsInf& op = *node.as<IsInf>();
  if (op.positive && op.negative) return [](Operands in, Mode) { return as_numbers(at::isinf(in[0])); };
  if (!op.positive && !op.negative) return [](Operands in, Mode) { return at::zeros_like(in[0]); };
  return [wanted = op.positive ? kInfinity : -kInfinity](Operands in, Mode) { return as_numbers(at::eq(in[0], wanted)); };
}

Kernel div(const Node& node) {
  if (node.output()->type().element.is_float) return [](Operands in, Mode) { return at::div(in[0], in[1]); };
  return [](Operands in, Mode) { return at::div(in[0], in[1], "trunc"); };
}

Kernel mod(const Node& node) {
  if (node.as<Mod>()->c_sign) return [](Operands in, Mode) { return at::fmod(in[0], in[1]); };
  return [](Operands in, Mode) { return at::remainder(in[0], in[1]); };
}

Kernel pow(const Node& node) {
  if (node.output()->type().element.is_float) return [](Operands in, Mode) { return at::pow(in[0], in[1]); };
  return [](Operands in, Mode) { return at::trunc(at::pow(in[0], in[1])); };
}

/// at::prelu knows slopes per channel only.
Kernel prelu(const Node&) {
  return [](Operands in, Mode) { return at::where(at::lt(in[0], 0), at::mul(in[0], in[1]), in[0]); };
}

Kernel where(const Node&) {
  return [](Operands in, Mode) { return at::where(at::ne(in[0], 0), in[1], in[2]); };
}

/// Rounding to a narrower float lets the gradient through as it is. Integers wrap as far as float32 tells them apart.
Kernel cast(const Node& node) {
  const Cast& op = *node.as<Cast>();
  if (op.element == ElementType::boolean()) return [](Operands in, Mode) { return as_numbers(at::ne(in[0], 0)); };
  if (!op.element.is_float && op.element.bits <= 16) {
    const double low = static_cast<double>(op.element.min()), count = std::ldexp(1.0, op.element.bits);
    return [=](Operands in, Mode) { return at::add(at::remainder(at::sub(at::trunc(in[0]), low), count), low); };
  }
  if (!op.element.is_float) return [](Operands in, Mode) { return at::trunc(in[0]); };
  if (op.format == FloatFormat::kFloat32) return [](Operands in, Mode) { return in[0]; };
  return [type = op.format == FloatFormat::kFloat16 ? at::kHalf : at::kBFloat16](Operands in, Mode) {
    return in[0].to(type).to(at::kFloat);
  };
}

constexpr KernelEntry kKernels[] = {
    {Abs::kName, unary<at::abs>},
    {Acos::kName, unary<at::acos>},
    {Acosh::kName, unary<at::acosh>},
    {Add::kName, binary<sum>},
    {And::kName, binary<at::mul>},
    {Asin::kName, unary<at::asin>},
    {Asinh::kName, unary<at::asinh>},
    {Atan::kName, unary<at::atan>},
    {Atanh::kName, unary<at::atanh>},
    {Cast::kName, cast},
    {Ceil::kName, unary<at::ceil>},
    {Celu::kName, celu},
    {Clip::kName, clip},
    {Cos::kName, unary<at::cos>},
    {Cosh::kName, unary<at::cosh>},
    {Div::kName, div},
    {Elu::kName, elu},
    {Equal::kName, comparison<at::eq>},
    {Erf::kName, unary<at::erf>},
    {Exp::kName, unary<at::exp>},
    {Floor::kName, unary<at::floor>},
    {Gelu::kName, gelu},
    {Greater::kName, comparison<at::gt>},
    {GreaterOrEqual::kName, comparison<at::ge>},
    {HardSigmoid::kName, hard_sigmoid},
    {HardSwish::kName, unary<at::hardswish>},
    {IsInf::kName, is_inf},
    {IsNaN::kName, unary<is_nan>},
    {LeakyRelu::kName, leaky_relu},
    {Less::kName, comparison<at::lt>},
    {LessOrEqual::kName, comparison<at::le>},
    {Log::kName, unary<at::log>},
    {Max::kName, binary<at::maximum>},
    {Min::kName, binary<at::minimum>},
    {Mish::kName, unary<at::mish>},
    {Mod::kName, mod},
    {Mul::kName, binary<at::mul>},
    {Neg::kName, unary<at::neg>},
    {Not::kName, unary<logical_not>},
    {Or::kName, binary<at::maximum>},
    {PRelu::kName, prelu},
    {Pow::kName, pow},
    {Reciprocal::kName, unary<at::reciprocal>},
    {Relu::kName, relu},
    {Round::kName, unary<at::round>},
    {Selu::kName, selu},
    {Shrink::kName, shrink},
    {Sigmoid::kName, unary<at::sigmoid>},
    {Sign::kName, unary<at::sign>},
    {Sin::kName, unary<at::sin>},
    {Sinh::kName, unary<at::sinh>},
    {Softplus::kName, unary<softplus>},
    {Softsign::kName, unary<softsign>},
    {Sqrt::kName, unary<at::sqrt>},
    {Sub::kName, binary<difference>},
    {Tan::kName, unary<at::tan>},
    {Tanh::kName, unary<at::tanh>},
    {ThresholdedRelu::kName, thresholded_relu},
    {Where::kName, where},
    {Xor::kName, binary<exclusive_or>},
};

}  // namespace

KernelFamily elementwise_kernels() { return kKernels; }

}  // namespace bitloom::train
