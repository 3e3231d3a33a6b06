#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "passes/quantize/quantize_model.h"

namespace bitloom::search {

/// Which layers the second rung leaves in float.
enum class FloatLayers { kConvolutions, kSensitive };

/// How far the ladder goes. Source: Algorithm 1 of the dnn2fpga paper: quantize all layers; leave the sensitive ones in float; train.
struct LadderOptions {
  double float_top1 = 0;   ///< per cent, on the images by which rungs are judged
  double max_drop = 0;     ///< points below it that are good enough
  FloatLayers float_layers = FloatLayers::kConvolutions;
  double float_share = 1;  ///< of the network's MACs that may stay in float
  std::map<std::string, LayerBits> always_float = {};  ///< layers that stay in float on every rung
  std::string why_no_float = {};     ///< the reason for leaving out the second rung; empty: it is taken
  std::string why_no_training = {};  ///< that for leaving out the third
};

/// One try.
struct Rung {
  std::string name = {};                         ///< "everything quantized"
  std::map<std::string, LayerBits> layers = {};  ///< those that stayed in float
  double float_share = 0;                   ///< their share of the MACs
  std::optional<double> top1 = {};               ///< per cent; none where it was left out
  std::string why_not = {};                      ///< then, the reason
  double seconds = 0;
  bool passed = false;
};

/// What a rung is made of.
struct LadderSteps {
  /// Quantizes with these layers in float; gives top-1 in per cent.
  std::function<double(const std::map<std::string, LayerBits>& in_float)> quantize;
  /// Names of layers, the most sensitive first; asked once, and only if needed.
  std::function<std::vector<std::string>()> most_sensitive_first;
  /// Trains the network through its quantization, every layer quantized; gives top-1.
  std::function<double()> train;
};

/// Goes up until a rung is good enough: everything quantized; some layers in float (the convolutions; or the most sensitive, one more at a time,
/// as long as their share allows); trained. The last one taken has passed, or none has.
/// @param graph  float, for its layers and their MACs
std::vector<Rung> climb(const Graph& graph, const LadderOptions& options, const LadderSteps& steps);

/// Of those taken, in order, the one to keep: the last if it has passed, else the best.
std::size_t kept_rung(const std::vector<Rung>& rungs);

}  // namespace bitloom::search
