#include "fpga/cost/coefficients.h"

#include <map>
#include <string>

namespace bitloom::fpga {
namespace {

using Table = std::map<std::string_view, Coefficients>;

const Table& ice40() {
  static const Table table = {
      {"lookup_table",
       {{2.5, 0, 1.72, 0, 0},
        {0, 0.624, 0.0263, 0, 0}}},
      {"matrix_vector",
       {{0, 2.64, 70.9, 0.0546, 1.4, 0, 1, 0.383, 1.5, 0, 0.726},
        {37.4, 1.49, 0, 1.17, 0.544, 11.9, 0, 0.176, 0, 0, 0.0817}}},
      {"parallel_window",
       {{173, 163, 0, 1.39, 0.871, 0.246, 0, 0, 0},
        {62.1, 33.8, 0, 0.955, 1.05, 0, 0, 0, 0}}},
      {"pool",
       {{31.9, 3.19, 2.68, 0.875, 0, 0, 0},
        {9, 0.982, 0.928, 0.98, 0, 0, 0}}},
      {"requantize",
       {{15.8, 23.2, 1.81, 4.95, 69, 3.2, 0, 0},
        {4.15, 18.1, 0, 3.41, 46.6, 0, 0, 0}}},
      {"sliding_window",
       {{42.7, 12.5, 45.1, 1.02, 0, 0, 2.25},
        {13.4, 4.41, 19.4, 0.00781, 0, 0, 0.154}}},
      {"width_converter",
       {{9.6, 1.04, 1.08, 1.98, 0, 0, 0},
        {1.96, 1.02, 1.03, 0.84, 0, 0, 0}}},
  };
  return table;
}
const Table& amd() {
  static const Table table = {
      {"sliding_window", {{0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0}}},
      {"parallel_window", {{0, 0, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0, 0}}},
      {"matrix_vector", {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}},
      {"requantize", {{0, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0}}},
      {"pool", {{0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0}}},
      {"lookup_table", {{0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}}},
      {"width_converter", {{0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0}}},
  };
  return table;
}

}  // namespace

// Both AMD families have LUTs of six inputs and two flip-flops a LUT, and Yosys maps logic to them alike.
const Coefficients& coefficients(std::string_view block, Family family) { return (family == Family::kIce40 ? ice40() : amd()).at(block); }

}  // namespace bitloom::fpga
