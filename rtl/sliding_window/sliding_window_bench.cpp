#include "test/blocks.h"

namespace bitloom::rtl {

std::int64_t window_out_height(const Case& c) {
  return (c.at("Height") + c.at("PadTop") + c.at("PadBottom") - c.at("KernelH")) / c.at("StrideH") + 1;
}
std::int64_t window_out_width(const Case& c) {
  return (c.at("Width") + c.at("PadLeft") + c.at("PadRight") - c.at("KernelW")) / c.at("StrideW") + 1;
}

Elements windows_of(const Case& c, const Elements& maps) {
  const std::int64_t height = c.at("Height"), width = c.at("Width"), channels = c.at("Channels"), frame = height * width * channels;
  const std::uint64_t pad = bits_of(c.at("PadValue"), static_cast<int>(c.at("ElementWidth")));
  Elements windows;
  for (std::int64_t first = 0; first + frame <= std::ssize(maps); first += frame) {
    for (std::int64_t i = 0; i < window_out_height(c); ++i) {
      for (std::int64_t j = 0; j < window_out_width(c); ++j) {
        for (std::int64_t kh = 0; kh < c.at("KernelH"); ++kh) {
          for (std::int64_t kw = 0; kw < c.at("KernelW"); ++kw) {
            const std::int64_t row = i * c.at("StrideH") + kh - c.at("PadTop"), column = j * c.at("StrideW") + kw - c.at("PadLeft");
            const bool inside = row >= 0 && row < height && column >= 0 && column < width;
            for (std::int64_t channel = 0; channel < channels; ++channel) {
              windows.push_back(inside ? maps[static_cast<std::size_t>(first + (row * width + column) * channels + channel)] : pad);
            }
          }
        }
      }
    }
  }
  return windows;
}

namespace {

const Parameters kDefaults = {{"ElementWidth", 8}, {"Channels", 1}, {"Lanes", 1},  {"Height", 9},  {"Width", 7},     {"KernelH", 3},  {"KernelW", 3},
                              {"StrideH", 1},      {"StrideW", 1},  {"PadTop", 0}, {"PadLeft", 0}, {"PadBottom", 0}, {"PadRight", 0}, {"PadValue", 0},
                              {"SupplyLag", 0}};

Case window(std::string name, const Parameters& changes, bool synthesized = false) {
  return make_case(kDefaults, std::move(name), changes, synthesized);
}

}  // namespace

Block sliding_window_block() {
  return {
      .name = "sliding_window",
      .sources = {"sliding_window/sliding_window.sv"},
      .input = [](const Case& c) { return Beat{c.at("Lanes"), static_cast<int>(c.at("ElementWidth"))}; },
      .output = [](const Case& c) { return Beat{c.at("Lanes"), static_cast<int>(c.at("ElementWidth"))}; },
      .frame = [](const Case& c) { return c.at("Height") * c.at("Width") * c.at("Channels"); },
      .model = windows_of,
      .memories = no_memories,
      .cases =
          {window("Unpadded", {}, true),
           window("UnpaddedChannels", {{"Channels", 6}, {"Lanes", 2}}, true),
           window("Same", {{"Channels", 2}, {"PadTop", 1}, {"PadLeft", 1}, {"PadBottom", 1}, {"PadRight", 1}, {"PadValue", -3}}, true),
           window("SameStride2", {{"StrideH", 2}, {"StrideW", 2}, {"PadTop", 1}, {"PadLeft", 1}, {"PadBottom", 1}, {"PadRight", 1}}),
           window("Stride2OneSided", {{"Height", 8}, {"Width", 8}, {"StrideH", 2}, {"StrideW", 2}, {"PadBottom", 1}, {"PadRight", 1}}, true),
           window("Pool2", {{"Height", 8}, {"Width", 6}, {"KernelH", 2}, {"KernelW", 2}, {"StrideH", 2}, {"StrideW", 2}, {"Channels", 3}}, true),
           window("Pool2Remainder", {{"KernelH", 2}, {"KernelW", 2}, {"StrideH", 2}, {"StrideW", 2}}),
           window("Pool3Stride2Minimum", {{"StrideH", 2}, {"StrideW", 2}, {"PadTop", 1}, {"PadLeft", 1}, {"PadValue", -128}}),
           window("Kernel5", {{"Channels", 4}, {"Lanes", 4}, {"KernelH", 5}, {"KernelW", 5}, {"PadTop", 2}, {"PadLeft", 2}, {"PadBottom", 2},
                              {"PadRight", 2}, {"ElementWidth", 4}, {"PadValue", 7}}),
           window("Flat", {{"KernelH", 1}, {"KernelW", 5}, {"StrideW", 2}, {"PadLeft", 2}, {"PadRight", 1}}),
           window("Tall", {{"KernelH", 4}, {"KernelW", 1}, {"StrideH", 3}, {"PadTop", 1}}),
           window("FullPadding", {{"PadTop", 2}, {"PadLeft", 2}, {"PadBottom", 2}, {"PadRight", 2}}),
           window("KernelBeyondMap", {{"Height", 2}, {"Width", 2}, {"KernelH", 5}, {"KernelW", 5}, {"PadTop", 2}, {"PadLeft", 2}, {"PadBottom", 2},
                                      {"PadRight", 2}, {"PadValue", 1}}),
           window("WholeMap", {{"Height", 4}, {"Width", 5}, {"KernelH", 4}, {"KernelW", 5}, {"Channels", 2}}),
           window("Pointwise", {{"KernelH", 1}, {"KernelW", 1}, {"Channels", 3}, {"Lanes", 3}}),
           window("PointwiseStride3", {{"KernelH", 1}, {"KernelW", 1}, {"StrideH", 3}, {"StrideW", 3}}),
           window("StrideBeyondKernel", {{"KernelH", 2}, {"KernelW", 2}, {"StrideH", 4}, {"StrideW", 3}}),
           window("OneRow", {{"Height", 1}, {"KernelH", 1}, {"Channels", 2}, {"Lanes", 2}}),
           window("OneColumn", {{"Width", 1}, {"KernelW", 1}, {"PadTop", 1}, {"PadBottom", 1}}),
           window("OnePixel", {{"Height", 1}, {"Width", 1}, {"KernelH", 3}, {"KernelW", 3}, {"PadTop", 1}, {"PadLeft", 1}, {"PadBottom", 1},
                               {"PadRight", 1}, {"PadValue", 9}}),
           window("LongRing", {{"Height", 3}, {"Width", 20}, {"KernelH", 2}, {"KernelW", 2}, {"Channels", 16}, {"SupplyLag", 30}}, true)},
      .early_beats = [](const Case& c) { return (c.at("PadTop") * c.at("KernelW") + c.at("PadLeft")) * c.at("Channels") / c.at("Lanes"); },
  };
}

}  // namespace bitloom::rtl
