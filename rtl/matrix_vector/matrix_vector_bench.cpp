#include "test/blocks.h"

namespace bitloom::rtl {
namespace {

const Parameters kDefaults = {{"Inputs", 9},      {"Outputs", 4},  {"Pe", 1},         {"Simd", 1},       {"InputWidth", 8}, {"InputSigned", 1},
                              {"WeightWidth", 8}, {"AccWidth", 20}, {"WeightFile", ""}, {"BiasFile", ""}, {"UseDsp", 1}};

Case unit(std::string name, Parameters changes, bool synthesized = false) {
  changes.push_back({"WeightFile", "matrix_vector_" + name + ".weights.hex"});
  changes.push_back({"BiasFile", "matrix_vector_" + name + ".biases.hex"});
  return make_case(kDefaults, std::move(name), changes, synthesized);
}

Elements weights(const Case& c) {  // w[o][i] at o * Inputs + i
  return random_elements(c.at("Outputs") * c.at("Inputs"), static_cast<int>(c.at("WeightWidth")), 11);
}
Elements biases(const Case& c) { return random_elements(c.at("Outputs"), static_cast<int>(c.at("AccWidth")), 12); }

Elements products(const Case& c, const Elements& input) {
  const std::int64_t inputs = c.at("Inputs"), outputs = c.at("Outputs");
  const int input_width = static_cast<int>(c.at("InputWidth")), weight_width = static_cast<int>(c.at("WeightWidth")),
            acc_width = static_cast<int>(c.at("AccWidth"));
  const Elements w = weights(c), bias = biases(c);
  Elements out;
  for (std::int64_t first = 0; first + inputs <= std::ssize(input); first += inputs) {
    for (std::int64_t o = 0; o < outputs; ++o) {
      std::int64_t sum = value_of(bias[static_cast<std::size_t>(o)], acc_width, true);
      for (std::int64_t i = 0; i < inputs; ++i) {
        sum += value_of(w[static_cast<std::size_t>(o * inputs + i)], weight_width, true) *
               value_of(input[static_cast<std::size_t>(first + i)], input_width, c.at("InputSigned") != 0);
      }
      out.push_back(bits_of(sum, acc_width));
    }
  }
  return out;
}

/// Weights in the order of the file: word g * (Inputs/Simd) + f, field p * Simd + s is w[g*Pe + p][f*Simd + s].
Elements folded(const Case& c, const Elements& w) {
  const std::int64_t pe = c.at("Pe"), simd = c.at("Simd"), inputs = c.at("Inputs");
  Elements fields;
  for (std::int64_t g = 0; g < c.at("Outputs") / pe; ++g) {
    for (std::int64_t f = 0; f < inputs / simd; ++f) {
      for (std::int64_t p = 0; p < pe; ++p) {
        for (std::int64_t s = 0; s < simd; ++s) fields.push_back(w[static_cast<std::size_t>((g * pe + p) * inputs + f * simd + s)]);
      }
    }
  }
  return fields;
}

}  // namespace

Block matrix_vector_block() {
  return {
      .name = "matrix_vector",
      .sources = {"matrix_vector/matrix_vector.sv"},
      .input = [](const Case& c) { return Beat{c.at("Simd"), static_cast<int>(c.at("InputWidth"))}; },
      .output = [](const Case& c) { return Beat{c.at("Pe"), static_cast<int>(c.at("AccWidth"))}; },
      .frame = [](const Case& c) { return c.at("Inputs"); },
      .model = products,
      .memories = [](const Case& c) -> std::vector<MemoryFile> {
        const std::string path = "matrix_vector_" + c.name;
        return {{path + ".weights.hex", hex_words(folded(c, weights(c)), c.at("Pe") * c.at("Simd"), static_cast<int>(c.at("WeightWidth")))},
                {path + ".biases.hex", hex_words(biases(c), c.at("Pe"), static_cast<int>(c.at("AccWidth")))}};
      },
      .cases = {unit("OneByOne", {{"AccWidth", 32}}),
                unit("TwoByFour", {{"Inputs", 12}, {"Outputs", 6}, {"Pe", 2}, {"Simd", 4}}, true),
                unit("FourByEight", {{"Inputs", 32}, {"Outputs", 8}, {"Pe", 4}, {"Simd", 8}, {"InputSigned", 0}, {"AccWidth", 24}}),
                unit("AllInputs", {{"Inputs", 5}, {"Outputs", 6}, {"Pe", 3}, {"Simd", 5}}),
                unit("AllOutputs", {{"Inputs", 18}, {"Outputs", 3}, {"Pe", 3}, {"Simd", 3}, {"InputSigned", 0}}, true),
                unit("AllAtOnce", {{"Inputs", 6}, {"Outputs", 4}, {"Pe", 4}, {"Simd", 6}, {"InputWidth", 5}, {"WeightWidth", 3}}),
                unit("OneInput", {{"Inputs", 1}, {"Outputs", 3}}),
                unit("OneOutput", {{"Inputs", 10}, {"Outputs", 1}, {"Simd", 2}}),
                unit("OneByOneVector", {{"Inputs", 1}, {"Outputs", 1}}),
                unit("Long", {{"Inputs", 300}, {"Outputs", 10}, {"Pe", 1}, {"Simd", 2}, {"AccWidth", 26}}, true),
                unit("Wide", {{"Inputs", 54}, {"Outputs", 4}, {"Pe", 2}, {"Simd", 27}, {"AccWidth", 22}}),
                unit("WrapsAround", {{"Inputs", 20}, {"Outputs", 2}, {"Simd", 2}, {"AccWidth", 12}}),
                unit("WithoutDsp", {{"Inputs", 12}, {"Outputs", 4}, {"Pe", 2}, {"Simd", 2}, {"UseDsp", 0}}, true),
                unit("WithoutDspUnsigned", {{"Inputs", 6}, {"Outputs", 3}, {"Simd", 3}, {"InputSigned", 0}, {"WeightWidth", 4}, {"UseDsp", 0}}, true),
                unit("WithoutDspTernary", {{"Inputs", 8}, {"Outputs", 2}, {"Pe", 2}, {"InputWidth", 2}, {"WeightWidth", 2}, {"UseDsp", 0}}),
                unit("WithoutDspSignBit", {{"Inputs", 8}, {"Outputs", 2}, {"Pe", 2}, {"InputWidth", 1}, {"WeightWidth", 1}, {"UseDsp", 0}})},
  };
}

}  // namespace bitloom::rtl
