#include "test/blocks.h"

namespace bitloom::rtl {

Block stream_fifo_block() {
  return {
      .name = "stream_fifo",
      .sources = {"stream_fifo/stream_fifo.sv"},
      .input = [](const Case& c) { return Beat{1, static_cast<int>(c.at("Width"))}; },
      .output = [](const Case& c) { return Beat{1, static_cast<int>(c.at("Width"))}; },
      .frame = [](const Case&) -> std::int64_t { return 1; },
      .model = [](const Case&, const Elements& input) { return input; },
      .memories = no_memories,
      .cases = {{"Shallowest", {{"Width", 8}, {"Depth", 2}}, true},
                {"OddDepth", {{"Width", 9}, {"Depth", 3}}},
                {"Deep", {{"Width", 16}, {"Depth", 100}}, true}},
  };
}

}  // namespace bitloom::rtl
