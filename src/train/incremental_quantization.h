#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/optimizer.h"
#include "train/parameters.h"

namespace bitloom::train {

/// Incremental network quantization: of each layer whose weights a kIncremental FakeQuantize reads, the largest weights become powers of two,
/// which stay as they are while the others train on to make up for it; then a larger portion, until it is all of them.
/// Source: Zhou et al. 2017, arXiv:1702.03044, algorithm 1, with the partition by magnitude of section 2.2.
/// Two choices are ours: the powers are those of the float weights, so a weight that outgrows them becomes the largest; and the portions share
/// one schedule of the learning rate.
class IncrementalQuantization {
 public:
  /// @param parameters  must outlive this; weights of frozen layers are quantized at once
  /// @param portions    shares of a layer's weights, rising, of which the last is 1
  /// @param epochs      divided among the portions: early ones are left out where there are fewer epochs than portions
  IncrementalQuantization(Parameters& parameters, std::span<const double> portions, int epochs);

  bool is_used() const { return !layers_.empty(); }

  /// Quantizes as many weights as the epoch's portion lacks: of those that are free the largest, of equals the first.
  /// @param quantized  as long as `trainable`: 1 of each weight that has its final value, 0 of all others; empty in the beginning
  /// @param average    where not empty, a moving average of `trainable`, which takes the final values over
  void begin_epoch(std::int64_t epoch, std::vector<float>& quantized, std::span<float> average);

  /// The share of a layer's weights that is quantized in an epoch, counted from 0.
  double portion(std::int64_t epoch) const;

 private:
  struct Layer {
    const Node* quantizer;
    const Parameters::Slice* weights;
  };
  Parameters& parameters_;
  std::vector<double> portions_;
  int epochs_;
  std::vector<Layer> layers_;
};

/// Takes the gradient of weights that are quantized away, so that neither their length nor their moments count.
void clear_quantized(std::span<float> gradient, std::span<const float> quantized);

/// A step that leaves weights alone which are quantized, whatever momentum and decay would do to them. @param quantized  empty: none is
void step_free_weights(Optimizer& optimizer, std::span<float> weights, std::span<const float> gradient, double learning_rate,
                       std::span<const float> quantized);

}  // namespace bitloom::train
