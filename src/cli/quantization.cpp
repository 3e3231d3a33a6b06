#include "cli/quantization.h"

#include <utility>

#include "base/parallel.h"
#include "base/progress.h"
#include "eval/evaluate.h"
#include "eval/run_on_engine.h"
#include "ir/interpreter.h"
#include "passes/pipeline.h"
#include "recipe/keys.h"

namespace bitloom::cli {

/// Read some at a time on all processors.
CalibrationImages images_of(const Graph& graph, const data::Dataset& set, const std::string& what) {
  return [&graph, &set, what, is_first = !what.empty()](const std::function<void(const Tensor&)>& use) mutable {
    constexpr std::int64_t kAhead = 32;
    std::optional<Progress> progress;
    if (std::exchange(is_first, false)) progress.emplace(what, set.size());
    std::vector<Tensor> read(static_cast<std::size_t>(std::min(kAhead, set.size())));
    for (std::int64_t begin = 0; begin < set.size(); begin += kAhead) {
      const std::int64_t count = std::min(kAhead, set.size() - begin);
      parallel_for(count, [&](std::int64_t i) {
        std::vector<std::uint8_t> pixels(static_cast<std::size_t>(set.shape().bytes()));
        set.read(begin + i, pixels);
        read[static_cast<std::size_t>(i)] = preprocess(graph, pixels);
      });
      for (std::int64_t i = 0; i < count; ++i) use(read[static_cast<std::size_t>(i)]);
      if (progress) progress->advance(count);
    }
  };
}

Quantized quantize_on(const Graph& float_graph, const data::Dataset& calibration, const QuantizeOptions& options) {
  check_data_fits(float_graph, calibration, "calibration");
  Quantized result;
  const CalibrationImages images = images_of(float_graph, calibration, "calibrate");
  result.qdq = run_pipeline(float_graph, post_training_quantization(images, options, run_on_engine), result.notes);
  result.integer = run_pipeline(result.qdq, integer_lowering(), result.notes);
  return result;
}

namespace {

std::vector<std::string> choices_of(std::string_view key) { return std::get<recipe::Text>(recipe::find_key("quantize", key)->value).choices; }

}  // namespace

std::vector<std::string> calibration_names() { return choices_of("calibration"); }
std::vector<std::string> rounding_names() { return choices_of("rounding"); }

}  // namespace bitloom::cli
