#include "test/blocks.h"

namespace bitloom::rtl {

Block skid_buffer_block() {
  return {
      .name = "skid_buffer",
      .sources = {"skid_buffer/skid_buffer.sv"},
      .input = [](const Case& c) { return Beat{1, static_cast<int>(c.at("Width"))}; },
      .output = [](const Case& c) { return Beat{1, static_cast<int>(c.at("Width"))}; },
      .frame = [](const Case&) -> std::int64_t { return 1; },
      .model = [](const Case&, const Elements& input) { return input; },
      .memories = no_memories,
      .cases = {{"Bit", {{"Width", 1}}}, {"Odd", {{"Width", 13}}, true}},
  };
}

}  // namespace bitloom::rtl
