#include <algorithm>

#include "test/blocks.h"

namespace bitloom::rtl {
namespace {

const Parameters kDefaults = {{"Lanes", 1},  {"Channels", 1}, {"Window", 4},   {"ElementWidth", 8},
                              {"Signed", 1}, {"Mode", 0},     {"OutWidth", 8}, {"Offset", 0}};

Case pool(std::string name, const Parameters& changes, bool synthesized = false) {
  return make_case(kDefaults, std::move(name), changes, synthesized);
}

Elements reduced(const Case& c, const Elements& windows) {
  const std::int64_t channels = c.at("Channels"), window = c.at("Window");
  const int width = static_cast<int>(c.at("ElementWidth"));
  Elements out;
  for (std::int64_t first = 0; first + window * channels <= std::ssize(windows); first += window * channels) {
    for (std::int64_t channel = 0; channel < channels; ++channel) {
      std::int64_t sum = 0, largest = INT64_MIN;
      for (std::int64_t position = 0; position < window; ++position) {
        const std::int64_t x = value_of(windows[static_cast<std::size_t>(first + position * channels + channel)], width, c.at("Signed") != 0);
        sum += x;
        largest = std::max(largest, x);
      }
      out.push_back(bits_of(c.at("Mode") == 0 ? largest : sum - c.at("Offset"), static_cast<int>(c.at("OutWidth"))));
    }
  }
  return out;
}

}  // namespace

Block pool_block() {
  return {
      .name = "pool",
      .sources = {"pool/pool.sv"},
      .input = [](const Case& c) { return Beat{c.at("Lanes"), static_cast<int>(c.at("ElementWidth"))}; },
      .output = [](const Case& c) { return Beat{c.at("Lanes"), static_cast<int>(c.at("OutWidth"))}; },
      .frame = [](const Case& c) { return c.at("Channels") * c.at("Window"); },
      .model = reduced,
      .memories = no_memories,
      .cases = {pool("MaxOneChannel", {}),
                pool("MaxUnsigned", {{"Channels", 2}, {"Signed", 0}}),
                pool("MaxInRegisters", {{"Lanes", 2}, {"Channels", 6}, {"Window", 9}}, true),
                pool("MaxInRam", {{"Channels", 40}}, true),
                pool("MaxOfOne", {{"Channels", 3}, {"Window", 1}}),
                pool("SumSigned", {{"Lanes", 3}, {"Channels", 3}, {"Window", 49}, {"Mode", 1}, {"OutWidth", 14}, {"Offset", -49}}, true),
                pool("SumUnsigned", {{"Lanes", 2}, {"Channels", 4}, {"Signed", 0}, {"Mode", 1}, {"OutWidth", 11}, {"Offset", 12}}),
                pool("SumInRam", {{"Channels", 33}, {"Mode", 1}, {"OutWidth", 10}}),
                pool("SumNibbles", {{"Channels", 2}, {"ElementWidth", 4}, {"Mode", 1}, {"OutWidth", 32}})},
  };
}

}  // namespace bitloom::rtl
