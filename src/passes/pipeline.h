#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/notes.h"
#include "passes/quantize/quantize_model.h"

namespace bitloom {

/// A step from graph to graph.
struct Pass {
  std::string name;
  std::function<Graph(const Graph& graph, Notes& notes)> run;
};

/// Runs `passes` in order, with `verify` before the first and after each. Adds what they say to `notes`.
/// @throws InputError of a pass, or naming the pass after which the graph is invalid
Graph run_pipeline(const Graph& graph, std::span<const Pass> passes, Notes& notes);

/// imported graph -> the form that all other passes, the trainer and the back ends expect: channels_last_to_first. Comes before images are
/// made for the graph, since its input may change its layout.
std::vector<Pass> cleaning();

/// float graph -> QDQ graph without training: fold_batch_norm; equalize_layers, absorb_high_biases and add_zero_biases where the options ask for
/// them; quantize_model, which repairs the result where they do. The further rungs of the ladder (quantizing part of the network) are lists of
/// their own beside this one; training through quantization is src/train/quantized_stage.h.
std::vector<Pass> post_training_quantization(CalibrationImages images, QuantizeOptions options, RunGraph run = run_on_reference);

/// float graph -> one that finds its ranges while it runs, without data: fold_batch_norm, equalize_layers where the options ask for it,
/// quantize_dynamically.
std::vector<Pass> dynamic_quantization(QuantizeOptions options);

/// QDQ graph -> integer graph: lower.
std::vector<Pass> integer_lowering();

}  // namespace bitloom
