#include <gtest/gtest.h>

#include <algorithm>

#include "fpga/stream/plan.h"
#include "fpga/testing/networks.h"
#include "passes/lower/lower.h"

namespace bitloom::fpga {
namespace {

const Unit& unit_of_block(const StreamDesign& design, std::string_view block) {
  for (const Unit& unit : design.units)
    if (unit.block == block) return unit;
  throw std::out_of_range("no such unit");
}

// A pooling unit sends all beats of a pixel one behind the other. Drained by fewer lanes it waits, and a pipeline that has no time for that
// misses its pace: the paper's network once took 4,032 cycles an image instead of 3,456.
TEST(PoolingBursts, FindTimeWithinThePaceWhereFewerLanesDrainThem) {
  const Graph network = lower(quantized(TestNetwork("paper", 1, 28, 28, 1)
                                            .conv(12, TestNetwork::square(3)).relu()
                                            .conv(12, TestNetwork::square(3)).relu()
                                            .max_pool(TestNetwork::square(2, 2)).flatten().gemm(10).finish()));
  for (const char* part : {"xczu3eg", "xc7z020", "xc7z010"}) {
    const StreamDesign design = plan_stream(network, find_part(part));
    const Unit& pool = unit_of_block(design, "pool");
    std::size_t next = 0;
    while (&design.units[next] != &pool) ++next;
    const std::int64_t drained = design.units[next + 1].output_beats, waiting = drained > pool.output_beats ? drained - pool.output_beats : 0;
    EXPECT_LE(design.units[next - 1].ideal_cycles + waiting, design.ideal_cycles()) << part;
  }
}

TEST(PoolingBursts, GoToAFifoWhereAFoldingByHandLeavesThemNoTime) {
  const Graph network = lower(quantized(TestNetwork("bursts", 1, 10, 10, 1)
                                            .conv(16, TestNetwork::square(3)).relu()
                                            .average_pool(TestNetwork::square(2, 2)).flatten().gemm(10).finish(),
                                        shift_only()));
  PlanOptions options;
  for (const int simd : {1, 2}) {  // the convolution gives two channels a beat; a classifier that takes two needs no FIFO
    options.folding = {{"conv1", {2, 9}}, {"fc5", {10, simd}}};
    const StreamDesign design = plan_stream(network, find_part("xczu3eg"), options);
    EXPECT_EQ(design.ideal_cycles(), 512);
    const auto is_fifo = [](const Unit& unit) { return unit.block == "stream_fifo"; };
    EXPECT_EQ(std::count_if(design.units.begin(), design.units.end(), is_fifo), simd == 1);
    if (simd == 2) continue;
    const auto fifo = std::find_if(design.units.begin(), design.units.end(), is_fifo);
    EXPECT_EQ(std::prev(fifo)->block, "pool");
    EXPECT_EQ(fifo->parameter("Depth"), 8);  // the beats of one pixel
  }
}

}  // namespace
}  // namespace bitloom::fpga
