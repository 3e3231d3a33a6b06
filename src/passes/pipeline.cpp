#include "passes/pipeline.h"

#include <fmt/format.h>

#include "base/error.h"
#include "passes/clean/channels_last.h"
#include "passes/clean/spatial_means.h"
#include "passes/fold/fold_batch_norm.h"
#include "passes/lower/lower.h"
#include "passes/quantize/dynamic_ranges.h"
#include "passes/quantize/equalize.h"
#include "passes/quantize/repair/absorb_bias.h"
#include "passes/quantize/repair/repair_layers.h"

namespace bitloom {

Graph run_pipeline(const Graph& graph, std::span<const Pass> passes, Notes& notes) {
  verify(graph);
  Graph current = graph.clone();
  for (const Pass& pass : passes) {
    current = pass.run(current, notes);
    try {
      verify(current);
    } catch (const InputError& error) {
      throw InputError(fmt::format("after pass '{}'", pass.name), error.what());
    }
  }
  return current;
}

std::vector<Pass> cleaning() {
  return {{"channels_last_to_first", [](const Graph& graph, Notes& notes) {
             Graph cleaned = graph.clone();
             channels_last_to_first(cleaned, &notes);
             return cleaned;
           }},
          {"spatial_means_to_pools", [](const Graph& graph, Notes& notes) {
             Graph cleaned = graph.clone();
             spatial_means_to_pools(cleaned, &notes);
             return cleaned;
           }}};
}

namespace {

Pass folding() {
  return {"fold_batch_norm", [](const Graph& graph, Notes& notes) {
            Graph folded = graph.clone();
            fold_batch_norm(folded, &notes);
            return folded;
          }};
}

Pass equalizing() {
  return {"equalize_layers", [](const Graph& graph, Notes& notes) {
            Graph equal = graph.clone();
            equalize_layers(equal, &notes);
            return equal;
          }};
}

}  // namespace

std::vector<Pass> dynamic_quantization(QuantizeOptions options) {
  std::vector<Pass> passes = {folding()};
  if (options.equalize) passes.push_back(equalizing());
  passes.push_back({"quantize_dynamically", [options](const Graph& graph, Notes& notes) {
                      return quantize_dynamically(graph, options, &notes);
                    }});
  return passes;
}

std::vector<Pass> post_training_quantization(CalibrationImages images, QuantizeOptions options, RunGraph run) {
  std::vector<Pass> passes = {folding()};
  if (options.equalize) passes.push_back(equalizing());
  if (options.absorb_bias)
    passes.push_back({"absorb_high_biases", [images, run](const Graph& graph, Notes& notes) {
                        Graph absorbed = graph.clone();
                        absorb_high_biases(absorbed, images, &notes, run);
                        return absorbed;
                      }});
  if (options.correct_bias)
    passes.push_back({"add_zero_biases", [](const Graph& graph, Notes&) {
                        Graph biased = graph.clone();
                        add_zero_biases(biased);
                        return biased;
                      }});
  passes.push_back({"quantize_model", [images = std::move(images), options, run = std::move(run)](const Graph& graph, Notes& notes) {
                      return quantize_model(graph, images, options, &notes, run);
                    }});
  return passes;
}

std::vector<Pass> integer_lowering() {
  return {{"lower", [](const Graph& graph, Notes& notes) { return lower(graph, &notes); }}};
}

}  // namespace bitloom
