#include "cli/quantization.h"

#include "base/progress.h"
#include "eval/evaluate.h"
#include "ir/interpreter.h"
#include "passes/fold/fold_batch_norm.h"
#include "passes/lower/lower.h"

namespace bitloom::cli {

Quantized quantize_on(const Graph& float_graph, const data::Dataset& calibration, const QuantizeOptions& options) {
  check_data_fits(float_graph, calibration, "calibration");
  Graph folded = float_graph.clone();
  fold_batch_norm(folded);
  verify(folded);

  const CalibrationImages feed = [&](const std::function<void(const Tensor&)>& use) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(calibration.shape().bytes()));
    Progress progress("calibrate", calibration.size());
    for (std::int64_t i = 0; i < calibration.size(); ++i) {
      calibration.read(i, pixels);
      use(preprocess(folded, pixels));
      progress.advance();
    }
  };
  Quantized result;
  result.qdq = quantize_model(folded, feed, options);
  verify(result.qdq);
  result.integer = lower(result.qdq);
  verify(result.integer);
  return result;
}

Calibration parse_calibration(const std::string& name) { return name == "percentile" ? Calibration::kPercentile : Calibration::kMinMax; }

}  // namespace bitloom::cli
