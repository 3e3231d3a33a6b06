#pragma once

#include <map>
#include <string>

#include "fpga/device/part.h"
#include "fpga/stream/design.h"
#include "ir/graph.h"

namespace bitloom::fpga {

/// How a matrix-vector unit is folded; 0 lets the planner choose.
struct Folding {
  int pe = 0, simd = 0;
  bool operator==(const Folding&) const = default;
};

struct PlanOptions {
  double clock_mhz = 0;                    ///< 0: the part's default
  std::map<std::string, Folding> folding;  ///< by name of the Conv2d or Gemm node; the others are chosen
};

/// Lays a lowered integer graph out as a pipeline of rtl/ blocks: one unit a layer, all working at once.
///
///   Conv2d      sliding_window or parallel_window -> matrix_vector      (1x1, stride 1, no padding: matrix_vector alone)
///   Gemm        matrix_vector; weights permuted from CHW to the order of the stream, HWC
///   Requantize  requantize                  MaxPool2d, SumPool2d   sliding_window -> pool
///   Relu        merged into the Requantize before it or after it, else a lookup_table        LookupTable  lookup_table
///   Flatten     nothing
///
/// Chooses pe and simd of every unit so that the slowest one needs as few cycles an image as the part allows (`budget`), and every other
/// unit is as small as that pace permits. Deterministic.
/// @throws InputError  naming the node that a pipeline cannot hold and the nearest thing that works; a folding that does not divide,
///                     with the valid values; a name in options.folding that is no such node
/// @throws CheckError  if the smallest folding does not fit the part: by how much of what, and what would fit
StreamDesign plan_stream(const Graph& integer_graph, const Part& part, const PlanOptions& options = {});

/// What plan_stream may use of a part. LUTs stop at 70 % on AMD parts (routing suffers above that, and the estimate errs) and 85 % on
/// iCE40, whose place and route follows at once; flip-flops, DSPs and RAMs at 90 %, iCE40's few at 100 %.
Resources budget(const Part& part);

}  // namespace bitloom::fpga
