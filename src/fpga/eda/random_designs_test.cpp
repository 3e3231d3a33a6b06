// Random networks with random foldings, from graph to simulated RTL. A few in every run of the tests; tests/fpga/random_designs.sh sets
// BITLOOM_RANDOM_DESIGNS=FIRST,COUNT for a long run. A failure prints the seed, and FIRST=seed,COUNT=1 repeats it.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

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

void expect_design_equals_reference(std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  const Graph qdq = quantized(random_network(seed), random_quantization(seed));
  const Graph integer_graph = lower(qdq);
  PlanOptions options;
  options.folding = random_folding(integer_graph, seed);
  const StreamDesign design = plan_stream(integer_graph, find_part("xczu3eg"), options);
  const TestFolder folder;
  write_stream_design(design, qdq, folder.path() / "design");

  std::vector<std::vector<std::uint8_t>> inputs, outputs;
  const Interpreter reference(integer_graph);
  for (const auto& pixels : noise(qdq, 3, seed)) {
    const Tensor input = quantize_input(integer_graph, preprocess(qdq, pixels));
    inputs.push_back(field_bytes(stream_order(input, design.input_map), design.input));
    outputs.push_back(field_bytes(stream_order(reference.run(input), design.output_map), design.output));
  }
  for (const double stall : {0.0, 0.4}) {
    const IcarusResult result = run_icarus(read_design_folder(folder.path() / "design"), inputs, outputs, stall, seed);
    EXPECT_EQ(result.failure, "") << "stall " << stall << "\n" << to_text(integer_graph);
    EXPECT_EQ(result.mismatches, 0) << "stall " << stall << "\n" << to_text(integer_graph);
  }
}

TEST(RandomDesigns, EqualTheReferenceWithAndWithoutStalls) {
  unsigned long first = 1, count = 12;
  if (const char* range = std::getenv("BITLOOM_RANDOM_DESIGNS")) {
    ASSERT_EQ(std::sscanf(range, "%lu,%lu", &first, &count), 2) << range;
  }
  for (unsigned long seed = first; seed < first + count && !HasFailure(); ++seed) expect_design_equals_reference(seed);
}

}  // namespace
}  // namespace bitloom::fpga
