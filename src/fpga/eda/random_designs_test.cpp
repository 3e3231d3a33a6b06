// Random networks with random foldings, from graph to simulated RTL. A few in every run of the tests; tests/random_designs.sh sets
// BITLOOM_RANDOM_DESIGNS=FIRST,COUNT for a long run. A failure prints the seed, and BITLOOM_RANDOM_DESIGNS=seed,1 repeats it.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/test_folder.h"
#include "fpga/eda/design_folder.h"
#include "fpga/eda/icarus.h"
#include "fpga/stream/beats.h"
#include "fpga/stream/layers.h"
#include "fpga/stream/plan.h"
#include "fpga/stream/units.h"
#include "fpga/stream/write.h"
#include "fpga/testing/networks.h"
#include "passes/lower/lower.h"

namespace bitloom::fpga {
namespace {

/// Half of the layers get a folding drawn from the valid ones; the planner has the others.
std::map<std::string, Folding> random_folding(const Graph& integer_graph, std::uint64_t seed) {
  RandomStream random({seed, 3});
  std::map<std::string, Folding> foldings;
  const auto pick = [&](const std::vector<int>& values) { return values[random.below(values.size())]; };
  for (const Layer& layer : layers_of(integer_graph))
    if (std::holds_alternative<WeightedSum>(layer.work) && random.below(2) == 0) foldings[layer.node] = {pick(valid_pe(layer)), pick(valid_simd(layer))};
  return foldings;
}

/// A drawn folding may be too large for the part: a classifier unrolled altogether. Then the planner has all layers.
StreamDesign random_design(const Graph& integer_graph, std::uint64_t seed) {
  const Part& part = find_part("xczu3eg");
  PlanOptions options;
  options.folding = random_folding(integer_graph, seed);
  try {
    return plan_stream(integer_graph, part, options);
  } catch (const CheckError&) {
    return plan_stream(integer_graph, part);
  }
}

void expect_design_equals_reference(std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  const Graph qdq = quantized(random_network(seed), random_quantization(seed));
  const Graph integer_graph = lower(qdq);
  const StreamDesign design = random_design(integer_graph, seed);
  const TestFolder folder;
  write_stream_design(design, qdq, folder.path() / "design");

  std::vector<std::vector<std::uint8_t>> inputs, outputs;
  const Interpreter reference(integer_graph);
  for (const auto& pixels : noise(qdq, 5, seed)) {
    const Tensor input = quantize_input(integer_graph, preprocess(qdq, pixels));
    inputs.push_back(field_bytes(stream_order(input, design.input_map), design.input));
    outputs.push_back(field_bytes(stream_order(reference.run(input), design.output_map), design.output));
  }
  for (const double stall : {0.0, 0.4}) {
    const IcarusResult result = run_icarus(read_design_folder(folder.path() / "design"), inputs, outputs, stall, seed);
    EXPECT_EQ(result.failure, "") << "stall " << stall << "\n" << to_text(integer_graph);
    EXPECT_EQ(result.mismatches, 0) << "stall " << stall << "\n" << to_text(integer_graph);
    if (stall > 0) continue;
    // The pace of the slowest unit; the few cycles that a unit needs to get going weigh more in maps as small as these.
    const auto cycles = static_cast<double>(result.span_cycles) / static_cast<double>(inputs.size() - 1), ideal = static_cast<double>(design.ideal_cycles());
    EXPECT_LE(cycles, 1.03 * ideal + 10) << design.slowest_unit().name << "\n" << to_text(integer_graph);
    EXPECT_GE(cycles, ideal) << design.slowest_unit().name << "\n" << to_text(integer_graph);
  }
}

TEST(RandomDesigns, EqualTheReferenceWithAndWithoutStallsAndKeepTheSlowestUnitsPace) {
  unsigned long first = 1, count = 12;
  if (const char* range = std::getenv("BITLOOM_RANDOM_DESIGNS")) {
    ASSERT_EQ(std::sscanf(range, "%lu,%lu", &first, &count), 2) << range;
  }
  for (unsigned long seed = first; seed < first + count && !HasFailure(); ++seed) expect_design_equals_reference(seed);
}

}  // namespace
}  // namespace bitloom::fpga
