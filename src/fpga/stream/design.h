#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "fpga/device/part.h"
#include "ir/type.h"

namespace bitloom::fpga {

/// What moves between two units: `lanes` elements a beat.
struct StreamFormat {
  int lanes = 1, bits = 8;
  bool is_signed = false;
  int width() const { return lanes * bits; }
  bool operator==(const StreamFormat&) const = default;
};

/// Bits of the field in which an element travels outside: a byte, or 16 or 32 bits.
constexpr int field_bits(int element_bits) { return element_bits <= 8 ? 8 : element_bits <= 16 ? 16 : 32; }

/// A parameter of an rtl/ block: a number, or the path of a memory file relative to the design's folder.
using ParameterValue = std::variant<std::int64_t, std::string>;
using Parameters = std::vector<std::pair<std::string, ParameterValue>>;

/// Initial contents of a memory, one word a line for $readmemh. Words are lists of fields, lowest bits first.
struct MemoryFile {
  std::string path;                              ///< "weights/conv1.weights.hex"
  int field_bits = 8, fields_per_word = 1;
  std::vector<std::int64_t> fields;              ///< word after word; two's complement in field_bits
};

/// One instance of an rtl/ block in the pipeline.
struct Unit {
  std::string name;                              ///< instance name, unique: "conv1_matrix_vector"
  std::string block;                             ///< rtl/ module: "matrix_vector"
  std::string node;                              ///< node of the graph it works for; "" for plumbing between nodes
  Parameters parameters;
  StreamFormat input, output;
  std::vector<MemoryFile> memories;
  std::int64_t input_beats = 0, output_beats = 0;  ///< one image
  std::int64_t ideal_cycles = 0;                 ///< one image, when neither side stalls
  Resources estimate;                            ///< cost/cost_model.h

  /// Number under `key`; it must be there (assert).
  std::int64_t parameter(std::string_view key) const;
};

/// How a feature map travels: pixel by pixel in row-major order, within a pixel channel 0 first.
struct MapShape {
  std::int64_t channels = 1, height = 1, width = 1;
  std::int64_t elements() const { return channels * height * width; }
  bool operator==(const MapShape&) const = default;
};

/// One layer of the network as the hardware computes it, for tables and pictures: the graph node and its units.
struct LayerPlan {
  std::string node, op;                          ///< "conv1", "Conv2d"
  MapShape input, output;
  std::int64_t macs = 0;
  int weight_bits = 0, activation_bits = 0, accumulator_bits = 0;  ///< 0 where there are none
  int pe = 0, simd = 0;                          ///< 0 for layers without weights
  std::int64_t ideal_cycles = 0;                 ///< of the slowest of its units
  Resources estimate;
};

/// A pipeline for one part. Everything that the writer, the cost model and the reports need.
struct StreamDesign {
  std::string network;                           ///< name of the graph
  Part part;
  double clock_mhz = 0;
  std::vector<Unit> units;                       ///< in the order of the stream
  std::vector<LayerPlan> layers;
  MapShape input_map, output_map;
  StreamFormat input, output;
  Resources estimate;                            ///< all units and the AXI4-Stream adapters

  std::int64_t ideal_cycles() const;             ///< per image: of the slowest unit
  const Unit& slowest_unit() const;
};

}  // namespace bitloom::fpga
