#include "test/blocks.h"

namespace bitloom::rtl {
namespace {

const Parameters kDefaults = {{"ElementWidth", 8}, {"Channels", 1}, {"Positions", 3}, {"Height", 9},  {"Width", 7},     {"KernelH", 3},  {"KernelW", 3},
                              {"StrideH", 1},      {"StrideW", 1},  {"PadTop", 0},    {"PadLeft", 0}, {"PadBottom", 0}, {"PadRight", 0}, {"PadValue", 0},
                              {"SupplyLag", 0}};

Case window(std::string name, const Parameters& changes, bool synthesized = false) {
  return make_case(kDefaults, std::move(name), changes, synthesized);
}

}  // namespace

Block parallel_window_block() {
  return {
      .name = "parallel_window",
      .sources = {"parallel_window/parallel_window.sv"},
      .input = [](const Case& c) { return Beat{c.at("Channels"), static_cast<int>(c.at("ElementWidth"))}; },
      .output = [](const Case& c) { return Beat{c.at("Channels") * c.at("Positions"), static_cast<int>(c.at("ElementWidth"))}; },
      .frame = [](const Case& c) { return c.at("Height") * c.at("Width") * c.at("Channels"); },
      .model = windows_of,
      .memories = no_memories,
      .cases =
          {window("Unpadded", {}, true),
           window("UnpaddedWhole", {{"Positions", 9}}),
           window("SameWhole", {{"Positions", 9}, {"PadTop", 1}, {"PadLeft", 1}, {"PadBottom", 1}, {"PadRight", 1}, {"PadValue", -3}}, true),
           window("SameOneByOne", {{"Positions", 1}, {"Channels", 2}, {"PadTop", 1}, {"PadLeft", 1}, {"PadBottom", 1}, {"PadRight", 1}}),
           window("SameStride2", {{"StrideH", 2}, {"StrideW", 2}, {"PadTop", 1}, {"PadLeft", 1}, {"PadBottom", 1}, {"PadRight", 1}}, true),
           window("Stride2OneSided", {{"Height", 8}, {"Width", 8}, {"StrideH", 2}, {"StrideW", 2}, {"PadBottom", 1}, {"PadRight", 1}}),
           window("Pool2", {{"Height", 8}, {"Width", 6}, {"KernelH", 2}, {"KernelW", 2}, {"StrideH", 2}, {"StrideW", 2}, {"Channels", 3},
                            {"Positions", 2}}, true),
           window("Pool2Remainder", {{"KernelH", 2}, {"KernelW", 2}, {"StrideH", 2}, {"StrideW", 2}, {"Positions", 4}}),
           window("Kernel5", {{"Channels", 4}, {"KernelH", 5}, {"KernelW", 5}, {"PadTop", 2}, {"PadLeft", 2}, {"PadBottom", 2}, {"PadRight", 2},
                              {"ElementWidth", 4}, {"PadValue", 7}, {"Positions", 5}}),
           window("Flat", {{"KernelH", 1}, {"KernelW", 5}, {"StrideW", 2}, {"PadLeft", 2}, {"PadRight", 1}, {"Positions", 1}}),
           window("Tall", {{"KernelH", 4}, {"KernelW", 1}, {"StrideH", 3}, {"PadTop", 1}, {"Positions", 2}}),
           window("FullPadding", {{"PadTop", 2}, {"PadLeft", 2}, {"PadBottom", 2}, {"PadRight", 2}}),
           window("FullPaddingWhole", {{"PadTop", 2}, {"PadLeft", 2}, {"PadBottom", 2}, {"PadRight", 2}, {"Positions", 9}}),
           window("KernelBeyondMap", {{"Height", 2}, {"Width", 2}, {"KernelH", 5}, {"KernelW", 5}, {"PadTop", 2}, {"PadLeft", 2}, {"PadBottom", 2},
                                      {"PadRight", 2}, {"PadValue", 1}, {"Positions", 25}}),
           window("WholeMap", {{"Height", 4}, {"Width", 5}, {"KernelH", 4}, {"KernelW", 5}, {"Channels", 2}, {"Positions", 4}}),
           window("Pointwise", {{"KernelH", 1}, {"KernelW", 1}, {"Channels", 3}, {"Positions", 1}}),
           window("StrideBeyondKernel", {{"KernelH", 2}, {"KernelW", 2}, {"StrideH", 4}, {"StrideW", 3}, {"Positions", 2}}),
           window("OneRow", {{"Height", 1}, {"KernelH", 1}, {"Channels", 2}}),
           window("OneColumn", {{"Width", 1}, {"KernelW", 1}, {"PadTop", 1}, {"PadBottom", 1}}),
           window("OnePixel", {{"Height", 1}, {"Width", 1}, {"PadTop", 1}, {"PadLeft", 1}, {"PadBottom", 1}, {"PadRight", 1}, {"PadValue", 9}})},
  };
}

}  // namespace bitloom::rtl
