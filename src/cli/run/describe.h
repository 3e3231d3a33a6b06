#pragma once

#include "cli/run/run.h"
#include "cli/sensitivity.h"
#include "search/ladder.h"

namespace bitloom::cli {

// Results of the stages in the report's words, each figure with its origin.

report::Request describe_request(const Recipe& recipe);
report::Sourced<report::Training> describe_training(const std::filesystem::path& metrics, const Recipe::Train& options);
report::Sourced<report::Accuracy> describe_accuracy(const Evaluation& evaluation);
report::Sourced<report::Size> describe_size(const Graph& float_graph, const Graph& integer);
report::Sourced<report::MixedPrecision> describe_mixed_precision(const Sensitivity& sensitivity, const search::MixedPrecision& mixed,
                                                                 const Recipe::MixedPrecision& section);
/// @param tries  the networks of the rungs that were taken, in order; `kept` is one of them
report::Sourced<report::Ladder> describe_ladder(const std::vector<search::Rung>& rungs, const std::vector<Quantized>& tries, std::size_t kept,
                                                double float_top1, std::int64_t images);
/// @param design  null without hardware
std::vector<report::Layer> describe_layers(const Graph& integer, const fpga::StreamDesign* design);
/// Changed answers, and the images that either network gets wrong, those on which they differ first.
void describe_differences(const data::Dataset& test, const Evaluation& float_result, const Evaluation& integer_result, report::RunReport& report);
void describe_estimate(const fpga::StreamDesign& design, report::RunReport& report);
report::Sourced<report::Verification> describe_verification(const fpga::VerifyResult& result, std::int64_t outputs_per_image);
void describe_synthesis(const fpga::SynthResult& result, const std::filesystem::path& out, report::RunReport& report);
/// @param bitstream  below `out`; empty where there is none
report::Provenance describe_provenance(const RunOptions& options, const Recipe& recipe, const std::filesystem::path& out,
                                       const std::filesystem::path& bitstream);

}  // namespace bitloom::cli
