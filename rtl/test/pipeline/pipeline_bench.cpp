#include "test/blocks.h"

namespace bitloom::rtl {
namespace {

struct Unit {
  const Block* block;
  Case c;
};

Case changed(const Block& block, const std::string& name, const Parameters& changes) {
  return make_case(block.cases.front().parameters, name, changes);
}

/// The arithmetic of pipeline.sv, unit by unit, in the models of the blocks that it is made of.
std::vector<Unit> units(const Case& c) {
  const Block &window = find_block("sliding_window"), &sum = find_block("matrix_vector"), &narrow = find_block("requantize"), &pool = find_block("pool");
  const std::int64_t size = c.at("Size"), pad = c.at("Pad"), size1 = size + 2 * pad - 2, channels1 = c.at("Channels1"), channels2 = c.at("Channels2");
  const std::string name = "pipeline_" + c.name;
  return {
      {&window, changed(window, name, {{"Channels", 1}, {"Height", size}, {"Width", size}, {"PadTop", pad}, {"PadLeft", pad}, {"PadBottom", pad}, {"PadRight", pad}})},
      {&sum, changed(sum, name + "_1", {{"Inputs", 9}, {"Outputs", channels1}, {"Pe", c.at("Pe1")}, {"Simd", 1}, {"AccWidth", 20}})},
      {&narrow, changed(narrow, name, {{"Channels", channels1}, {"AccWidth", 20}, {"Shift", 10}})},
      {&window, changed(window, name, {{"Channels", channels1}, {"Height", size1}, {"Width", size1}, {"KernelH", 2}, {"KernelW", 2}, {"StrideH", 2}, {"StrideW", 2}})},
      {&pool, changed(pool, name, {{"Channels", channels1}})},
      {&window, changed(window, name, {{"Channels", channels1}, {"Height", size1 / 2}, {"Width", size1 / 2}})},
      {&sum, changed(sum, name + "_2", {{"Inputs", 9 * channels1}, {"Outputs", channels2}, {"Pe", c.at("Pe2")}, {"Simd", c.at("Simd2")}, {"AccWidth", 24}})},
      {&narrow, changed(narrow, name, {{"Channels", channels2}, {"AccWidth", 24}, {"Shift", 16}})},
  };
}

Case pipeline(std::string name, Parameters parameters) {
  for (const int layer : {1, 2}) {
    const std::string path = "matrix_vector_pipeline_" + name + "_" + std::to_string(layer);
    parameters.push_back({"Weights" + std::to_string(layer), path + ".weights.hex"});
    parameters.push_back({"Biases" + std::to_string(layer), path + ".biases.hex"});
  }
  return {std::move(name), std::move(parameters)};
}

}  // namespace

Block pipeline_block() {
  return {
      .name = "pipeline",
      .sources = {"test/pipeline/pipeline.sv", "sliding_window/sliding_window.sv", "matrix_vector/matrix_vector.sv", "requantize/requantize.sv",
                  "pool/pool.sv", "width_converter/width_converter.sv"},
      .input = [](const Case&) { return Beat{1, 8}; },
      .output = [](const Case& c) { return Beat{c.at("Pe2"), 8}; },
      .frame = [](const Case& c) { return c.at("Size") * c.at("Size"); },
      .model =
          [](const Case& c, const Elements& input) {
            Elements stream = input;
            for (const Unit& unit : units(c)) stream = unit.block->model(unit.c, stream);
            return stream;
          },
      .memories =
          [](const Case& c) {
            std::vector<MemoryFile> files;
            for (const Unit& unit : units(c)) {
              if (unit.block->name != "matrix_vector") continue;
              for (MemoryFile& file : unit.block->memories(unit.c)) files.push_back(std::move(file));
            }
            return files;
          },
      // First convolution 14*14*9*4 = 7056 cycles an image and second 5*5*36*8 = 7200, so supply and demand of the second are in step; then
      // with the second much slower, folded otherwise, and with padding.
      .cases = {pipeline("InStep", {{"Size", 16}, {"Pad", 0}, {"Channels1", 4}, {"Pe1", 1}, {"Channels2", 8}, {"Pe2", 1}, {"Simd2", 1}}),
                pipeline("SlowSecond", {{"Size", 16}, {"Pad", 0}, {"Channels1", 4}, {"Pe1", 2}, {"Channels2", 12}, {"Pe2", 1}, {"Simd2", 1}}),
                pipeline("SlowFirst", {{"Size", 16}, {"Pad", 0}, {"Channels1", 4}, {"Pe1", 1}, {"Channels2", 8}, {"Pe2", 2}, {"Simd2", 2}}),
                pipeline("Padded", {{"Size", 12}, {"Pad", 1}, {"Channels1", 6}, {"Pe1", 3}, {"Channels2", 4}, {"Pe2", 2}, {"Simd2", 2}})},
  };
}

}  // namespace bitloom::rtl
