#pragma once

#include <map>
#include <string>

#include "ir/graph.h"
#include "passes/notes.h"
#include "passes/quantize/run_graph.h"

namespace bitloom {

/// How the range of an activation is found on the calibration images (quantize/activation_format.h).
enum class Calibration { kMinMax, kMovingAverage, kPercentile, kSquaredError, kEntropy };

/// To which integer a weight is rounded: the nearest, or the one that is learned to serve the layer's output (quantize/repair/adaround.h).
enum class WeightRounding { kNearest, kAdaRound };

/// Widths of one layer.
struct LayerBits {
  static constexpr int kFloat = 32;     ///< for both: the layer stays in float
  int weights = 0, activations = 0;     ///< of its weights and of what it reads; 0: as the options say of all
  bool is_float() const { return weights == kFloat && activations == kFloat; }
  bool operator==(const LayerBits&) const = default;
};

struct QuantizeOptions {
  int weight_bits = 8, activation_bits = 8;  ///< 1 to 16
  std::map<std::string, LayerBits> layers;   ///< those that have widths of their own, by name; they go before the two lines below
  int first_last_bits = 0;          ///< of both, in layers that read the network's input and in the classifier; 0: as the others
  int sum_bits = 0;                 ///< of what additions, products, Concats and average pools read; 0: activation_bits. See below
  bool per_channel = true;          ///< weights of every layer but the classifier (its accumulators must be comparable)
  int group = 1;                    ///< output channels in a row that share a scale, where per_channel (arXiv:2103.13630, section III.C)
  bool symmetric_weights = true;    ///< zero point 0; false: a zero point with each scale
  bool equalize = false;            ///< equalize_layers before anything is calibrated (quantize/equalize.h)
  bool absorb_bias = false;         ///< absorb_high_biases after that (quantize/repair/absorb_bias.h)
  bool correct_bias = false;        ///< this and the next two: repair_layers at the end (quantize/repair/repair_layers.h)
  WeightRounding rounding = WeightRounding::kNearest;
  int rounding_steps = 4000;        ///< of AdaRound, for each layer
  std::uint64_t seed = 1;           ///< of the places that AdaRound looks at
  bool power_of_two = false;        ///< every requantization is a shift: all scales are powers of two, see below for the input's
  bool unsigned_activations = true; ///< uint range for activations; false: signed
  bool symmetric_activations = false;  ///< zero point 0; a value that may be negative is then signed whatever the line above says
  Calibration calibration = Calibration::kMinMax;
  double percentile = 99.99;        ///< per cent of values kept inside the range, for kPercentile
};

/// float graph -> QDQ graph (docs/architecture.md, Numbers). BatchNorm must have been folded where it can be.
///
/// Input        Where preprocessing allows it, uint8 with the scale and zero point under which a raw pixel 0..255 is its own quantized
///              value: the channels share mean and std, and quantizing the 256 preprocessed values gives 0..255. Otherwise calibrated.
/// Activations  Quantized per tensor after sums and pairs (lower/integer_form.h: Conv2d, Gemm, AveragePool2d, Add, Mul), or after the Relu or
///              Clip that follows one directly, after Concat and after functions of one element. Relu elsewhere, MaxPool2d, Flatten and
///              what else moves elements keep their input's quantization. The range holds 0.
/// Weights      Symmetric, narrow range +-(2^(bits-1) - 1), or unsigned with a zero point; per output channel or group of them; the
///              classifier's share one scale. One bit is a sign, -1 or +1, whose scale is the mean magnitude.
/// One bit      Activations that are never negative are 0 or 1. Others are -1 or +1 where all that read them can do without a 0 (Conv2d and Gemm
///              that pad nothing, through what moves elements), and keep two bits elsewhere, which a note says.
/// Biases       int32, scale x.scale * w.scale[c]. A channel of tiny or zero weights gets the least scale at which its bias fits.
///              Each gets as many bits as the most that any reader wants. A layer that wants fewer has a second quantizer before it: so the
///              sums of a residual network keep sum_bits where its convolutions read activation_bits.
/// Classifier   The last Conv2d or Gemm, when only Flatten and Softmax follow: its output is not quantized.
/// Float layers Keep their parameters. What only they read has no quantizer; what others read, too, they read quantized.
///
/// power_of_two: of the powers above and below the scale that keeps the range, each activation and each group of weights takes the one with
/// the smaller squared error over its values. (Always rounding up keeps the range and costs up to a bit of resolution: measured on digits
/// as good at 8 bits, up to half a point better at 4, and six points worse at 3.)
/// An input whose pixels are their own values has scale 1/255 or so all the same; the weights that read it make up for it, so that
/// x.scale * w.scale is a power of two.
///
/// @throws InputError for no images, NaN or infinite activations, an operator without an integer form (named), options out of range
Graph quantize_model(const Graph& float_graph, const CalibrationImages& images, const QuantizeOptions& options, Notes* notes = nullptr,
                     const RunGraph& run = run_on_reference);

}  // namespace bitloom
