#include "cli/quantization.h"

#include "base/progress.h"
#include "eval/evaluate.h"
#include "ir/interpreter.h"
#include "passes/pipeline.h"
#include "recipe/keys.h"

namespace bitloom::cli {

Quantized quantize_on(const Graph& float_graph, const data::Dataset& calibration, const QuantizeOptions& options) {
  check_data_fits(float_graph, calibration, "calibration");
  const CalibrationImages feed = [&](const std::function<void(const Tensor&)>& use) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(calibration.shape().bytes()));
    Progress progress("calibrate", calibration.size());
    for (std::int64_t i = 0; i < calibration.size(); ++i) {
      calibration.read(i, pixels);
      use(preprocess(float_graph, pixels));
      progress.advance();
    }
  };
  Quantized result;
  result.qdq = run_pipeline(float_graph, post_training_quantization(feed, options), result.notes);
  result.integer = run_pipeline(result.qdq, integer_lowering(), result.notes);
  return result;
}

std::vector<std::string> calibration_names() { return std::get<recipe::Text>(recipe::find_key("quantize", "calibration")->value).choices; }

}  // namespace bitloom::cli
