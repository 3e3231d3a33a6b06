#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/quantization.h"
#include "data/dataset.h"
#include "eval/evaluate.h"
#include "fpga/eda/synthesize.h"
#include "fpga/eda/verify.h"
#include "fpga/stream/design.h"
#include "fpga/stream/plan.h"
#include "recipe/recipe.h"
#include "report/report.h"

namespace bitloom::cli {

struct RunOptions {
  std::filesystem::path recipe, out, data_dir;
  std::vector<std::string> overrides;
  bool fresh = false;
  std::string command;  ///< as it was typed, for the report
};

/// The whole way of a recipe, one stage after the other: train, evaluate, quantize, judge, compile, verify, synthesize, report.
/// What can be wrong with the input is found out before the first stage; a stage that fails ends the run, but not without its report.
class Run {
 public:
  explicit Run(RunOptions options);

  /// @throws Error of the stage that failed; TrainerFailed. By then the report is written, unless nothing had been.
  void execute();

 private:
  void check_inputs();
  void check_output_folder() const;
  void check_is_float() const;
  void check_tools() const;
  void check_fits();

  void train();
  void evaluate_float();
  void evaluate_precisions();
  void choose_bits();
  void climb_ladder();
  void quantize();
  void evaluate_integer();
  void train_quantized();
  void describe_quantized();
  void require_accuracy() const;
  void compile();
  void verify();
  void synthesize();
  void write_report();

  Quantized quantize_graph(const Graph& float_graph, int images, const QuantizeOptions& options) const;
  QuantizeOptions options_of_recipe() const;
  void run_quantized_training();
  fpga::PlanOptions plan_options() const;
  std::filesystem::path hardware() const { return out_ / "hardware"; }
  bool has_hardware() const { return !recipe_.hardware.target.empty(); }

  RunOptions options_;
  Recipe recipe_;
  std::filesystem::path out_;
  std::chrono::steady_clock::time_point started_;
  data::Splits data_;
  std::optional<Graph> float_graph_;
  std::optional<Quantized> quantized_;
  std::optional<Evaluation> float_result_, integer_result_;
  report::RunReport report_;
};

}  // namespace bitloom::cli
