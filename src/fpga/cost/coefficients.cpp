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
      {"stream_fifo",
       {{15.1, 6.12, 0, 1.52, 0},
        {2, 3, 0, 1.25, 0}}},
      {"width_converter",
       {{9.6, 1.04, 1.08, 1.98, 0, 0, 0},
        {1.96, 1.02, 1.03, 0.84, 0, 0, 0}}},
  };
  return table;
}
const Table& amd() {
  static const Table table = {
      {"lookup_table",
       {{0, 0, 1.33, 0, 0},
        {1, 1, 0, 0, 0}}},
      {"matrix_vector",
       {{0, 4.4, 33.8, 0.578, 1.66, 0, 0.247, 0, 0.949, 0.711, 0.684},
        {41.4, 1.42, 0, 0.319, 0.309, 0, 1.89, 1.1, 0.377, 0.56, 0}}},
      {"parallel_window",
       {{203, 122, 0, 0.313, 0.827, 0.243, 0, 0, 0},
        {62, 33.9, 0.741, 1.04, 1.04, 0, 0, 0, 0}}},
      {"pool",
       {{27.9, 0.598, 0, 1.06, 0, 0.787, 0},
        {8.67, 0.968, 0.865, 0.985, 0, 1.07, 0}}},
      {"requantize",
       {{11.9, 0, 1.31, 1.27, 0, 3.05, 0, 0},
        {3.87, 18.2, 0, 5.65, 44.7, 0.56, 0, 0}}},
      {"sliding_window",
       {{10.5, 15.9, 61.1, 0.921, 0, 0, 3.01},
        {14.8, 4.28, 19.1, 0.00417, 0, 0.973, 0.469}}},
      {"stream_fifo",
       {{3.32, 7.85, 0, 0.0333, 0},
        {2, 3, 0, 1, 0}}},
      {"width_converter",
       {{8.38, 1.07, 0.0516, 1.27, 0, 0, 0},
        {1.96, 1.02, 1.03, 0.84, 0, 0, 0}}},
  };
  return table;
}

}  // namespace

// Both AMD families have LUTs of six inputs and two flip-flops a LUT, and Yosys maps logic to them alike.
const Coefficients& coefficients(std::string_view block, Family family) { return (family == Family::kIce40 ? ice40() : amd()).at(block); }

}  // namespace bitloom::fpga
