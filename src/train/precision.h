#pragma once

#include <string_view>

namespace bitloom::train {

/// What convolutions and matrix products compute in while training; weights, gradients' sums and validation are float32 in any case. Or float64 for
/// everything, which evaluates only.
enum class Precision { kFloat32, kBFloat16, kFloat64 };

/// Of the recipe's `train.precision`.
Precision precision_of(std::string_view name);

/// True where the processor multiplies bfloat16 itself; elsewhere it is slower than float32.
bool has_bfloat16_arithmetic();

/// While it lives, the calling thread's convolutions and matrix products round their operands to bfloat16 (LibTorch's autocast), if that is
/// the precision; what is recorded for the backward pass then runs so, too. Nothing happens for float32.
class PrecisionScope {
 public:
  PrecisionScope(Precision precision, bool on_gpu);
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  bool is_on_, on_gpu_;
};

}  // namespace bitloom::train
