#include <algorithm>

#include "base/random.h"
#include "ir/ops/quantization.h"
#include "test/blocks.h"

namespace bitloom::rtl {
namespace {

const Parameters kDefaults = {{"Lanes", 1},      {"Channels", 1}, {"AccWidth", 20}, {"MultWidth", 31}, {"ShiftWidth", 6}, {"FactorFile", ""}, {"Multiplier", 1},
                              {"Shift", 0},      {"PerChannel", 0}, {"ZeroPoint", 0}, {"Low", -128},     {"High", 127},     {"OutWidth", 8},    {"Rounding", 0}};

Case unit(std::string name, const Parameters& changes, bool synthesized = false) {
  return make_case(kDefaults, std::move(name), changes, synthesized);
}
Case per_channel(std::string name, Parameters changes, bool synthesized = false) {
  changes.push_back({"PerChannel", 1});
  changes.push_back({"FactorFile", "requantize_" + name + ".factors.hex"});
  return make_case(kDefaults, std::move(name), changes, synthesized);
}

/// Factors of all channels. Those of a file bring accumulators down to about the output's range, with some far off on either side.
std::vector<FixedMultiplier> factors_of(const Case& c) {
  const auto channels = static_cast<std::size_t>(c.at("Channels"));
  if (c.at("PerChannel") == 0) return std::vector<FixedMultiplier>(channels, {c.at("Multiplier"), static_cast<int>(c.at("Shift"))});
  RandomStream random({21, channels});
  std::vector<FixedMultiplier> factors(channels);
  const std::int64_t largest_shift = (std::int64_t{1} << c.at("ShiftWidth")) - 1;
  for (std::size_t i = 0; i < channels; ++i) {
    const auto bits = static_cast<std::int64_t>(1 + random.below(static_cast<std::uint64_t>(c.at("MultWidth"))));
    const auto top = std::uint64_t{1} << (bits - 1);
    factors[i].multiplier = static_cast<std::int64_t>(top + random.below(top));
    const std::int64_t shift = i % 3 == 2 ? static_cast<std::int64_t>(random.below(63)) : bits + c.at("AccWidth") - c.at("OutWidth") - 2;
    factors[i].shift = static_cast<int>(std::clamp<std::int64_t>(shift, 0, std::min<std::int64_t>(largest_shift, 62)));
  }
  return factors;
}

Elements narrowed(const Case& c, const Elements& input) {
  const std::vector<FixedMultiplier> factors = factors_of(c);
  Elements out;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const FixedMultiplier& factor = factors[i % factors.size()];
    const std::int64_t acc = value_of(input[i], static_cast<int>(c.at("AccWidth")), true);
    const std::int64_t rounded = multiply_shift_round(acc, factor.multiplier, factor.shift, static_cast<Rounding>(c.at("Rounding")));
    out.push_back(bits_of(std::clamp(c.at("ZeroPoint") + rounded, c.at("Low"), c.at("High")), static_cast<int>(c.at("OutWidth"))));
  }
  return out;
}

/// Half of the accumulators lie at or beside a tie of an output in reach of the clamp, the others anywhere.
Elements near_ties(const Case& c, std::int64_t count, std::uint64_t seed) {
  const int width = static_cast<int>(c.at("AccWidth"));
  const std::vector<FixedMultiplier> factors = factors_of(c);
  Elements elements = random_elements(count, width, seed);
  RandomStream random({seed, 1});
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (random.below(2) == 0) continue;
    const FixedMultiplier& factor = factors[i % factors.size()];
    const auto span = static_cast<std::uint64_t>(c.at("High") - c.at("Low") + 5);
    const auto target = static_cast<double>(c.at("Low") - 2 - c.at("ZeroPoint") + static_cast<std::int64_t>(random.below(span)));
    const double acc = (target + 0.5) * static_cast<double>(std::int64_t{1} << factor.shift) / static_cast<double>(factor.multiplier);
    if (acc < -static_cast<double>(std::int64_t{1} << (width - 1)) || acc > static_cast<double>((std::int64_t{1} << (width - 1)) - 2)) continue;
    elements[i] = bits_of(static_cast<std::int64_t>(acc) + static_cast<std::int64_t>(random.below(3)) - 1, width);
  }
  return elements;
}

}  // namespace

Block requantize_block() {
  return {
      .name = "requantize",
      .sources = {"requantize/requantize.sv"},
      .input = [](const Case& c) { return Beat{c.at("Lanes"), static_cast<int>(c.at("AccWidth"))}; },
      .output = [](const Case& c) { return Beat{c.at("Lanes"), static_cast<int>(c.at("OutWidth"))}; },
      .frame = [](const Case& c) { return c.at("Channels"); },
      .model = narrowed,
      .memories = [](const Case& c) -> std::vector<MemoryFile> {
        if (c.at("PerChannel") == 0) return {};
        const int multiplier_width = static_cast<int>(c.at("MultWidth"));
        Elements words;
        for (const FixedMultiplier& f : factors_of(c)) {
          words.push_back(static_cast<std::uint64_t>(f.shift) << multiplier_width | static_cast<std::uint64_t>(f.multiplier));
        }
        return {{"requantize_" + c.name + ".factors.hex",
                 hex_words(words, c.at("Lanes"), multiplier_width + static_cast<int>(c.at("ShiftWidth")))}};
      },
      .cases = {unit("ShiftOnly", {{"Shift", 6}}, true),
                unit("ShiftOnlyRelu", {{"Lanes", 2}, {"Channels", 4}, {"Shift", 7}, {"Low", 0}, {"High", 255}}, true),
                unit("ShiftOnlyHalfUp", {{"Shift", 5}, {"Rounding", 1}}),
                unit("ShiftOnlyFloor", {{"Shift", 5}, {"Rounding", 2}}),
                unit("NoShift", {{"AccWidth", 12}, {"ZeroPoint", -5}}),
                unit("ShiftsAllOut", {{"AccWidth", 10}, {"Shift", 30}, {"ZeroPoint", 3}}),
                unit("ShiftsExactlyAllOut", {{"AccWidth", 10}, {"Shift", 10}}),
                unit("NarrowerThanOutput", {{"AccWidth", 5}, {"Shift", 1}, {"OutWidth", 16}, {"Low", -1000}, {"High", 1000}, {"ZeroPoint", 990}}),
                unit("Multiplier", {{"AccWidth", 24}, {"Multiplier", 11184811}, {"Shift", 38}, {"ZeroPoint", -128}}, true),
                unit("SmallMultiplier", {{"Lanes", 3}, {"Channels", 3}, {"Multiplier", 5}, {"Shift", 9}, {"Rounding", 1}}),
                unit("LargestMultiplier", {{"AccWidth", 32}, {"Multiplier", 2147483647}, {"Shift", 55}}),
                unit("LargestShift", {{"AccWidth", 32}, {"Multiplier", 2147483647}, {"Shift", 62}, {"Rounding", 2}, {"OutWidth", 4}, {"Low", -8}, {"High", 7}}),
                per_channel("PerChannel24", {{"Lanes", 2}, {"Channels", 12}, {"AccWidth", 24}, {"MultWidth", 24}, {"ZeroPoint", 7}}, true),
                per_channel("PerChannel31", {{"Lanes", 1}, {"Channels", 40}, {"AccWidth", 32}, {"Low", 0}, {"High", 255}}),
                per_channel("PerChannel31HalfUp", {{"Lanes", 1}, {"Channels", 40}, {"AccWidth", 32}, {"Rounding", 1}}),
                per_channel("PerChannelShift", {{"Lanes", 2}, {"Channels", 8}, {"MultWidth", 1}, {"ShiftWidth", 4}}),
                per_channel("PerChannelNibbles", {{"Lanes", 4}, {"Channels", 4}, {"MultWidth", 9}, {"ShiftWidth", 5}, {"OutWidth", 4}, {"Low", 0},
                                                  {"High", 15}, {"ZeroPoint", 8}}),
                per_channel("PerChannelFloor", {{"Lanes", 1}, {"Channels", 15}, {"AccWidth", 17}, {"MultWidth", 16}, {"Rounding", 2}})},
      .stimulus = near_ties,
  };
}

}  // namespace bitloom::rtl
