#include "ir/ops/unary.h"
#include "onnx/random_graph/generator.h"

namespace bitloom::onnx_format {
namespace {

void add_activation(Generator& g) { g.append_any(Relu{}, Tanh{}, Sigmoid{}); }

void add_functions(Generator& g) {
  for (int i = 0; i < 3; ++i)
    g.append_any(Abs{}, Acos{}, Acosh{}, Asin{}, Asinh{}, Atan{}, Atanh{}, Ceil{}, Cos{}, Cosh{}, Erf{}, Exp{}, Floor{}, HardSwish{}, Log{},
                 Mish{}, Neg{}, Reciprocal{}, Round{}, Sign{}, Sin{}, Sinh{}, Softplus{}, Softsign{}, Sqrt{}, Tan{});
}

void add_function_with_attributes(Generator& g) {
  Celu celu;
  Clip clip;
  Elu elu;
  Gelu gelu;
  HardSigmoid hard_sigmoid;
  LeakyRelu leaky_relu;
  Selu selu;
  Shrink shrink;
  ThresholdedRelu thresholded_relu;
  celu.alpha = g.real(0.5, 2);
  if (g.below(3)) clip.low = g.real(-1, 0);
  if (g.below(3)) clip.high = g.real(0, 1);
  elu.alpha = g.real();
  gelu.tanh = g.coin();
  hard_sigmoid.alpha = g.real();
  hard_sigmoid.beta = g.real();
  leaky_relu.alpha = g.real();
  selu.alpha = g.real();
  selu.gamma = g.real();
  shrink.lambda = g.real();
  shrink.bias = g.real();
  thresholded_relu.alpha = g.real();
  g.append_any(celu, clip, elu, gelu, hard_sigmoid, leaky_relu, selu, shrink, thresholded_relu);
}

constexpr Layer kLayers[] = {add_activation, add_functions, add_function_with_attributes};

}  // namespace

LayerFamily function_layers() { return kLayers; }

}  // namespace bitloom::onnx_format
