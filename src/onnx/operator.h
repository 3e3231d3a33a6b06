#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace bitloom::onnx_format {

class NodeReader;
class NodeWriter;

/// How one ONNX operator becomes one of ours, and ours becomes it. The functions stand in operators/, one file per
/// operator family; the table is operators/all_operators.cpp. A new operator is its two functions and its line there.
struct Operator {
  std::string_view onnx_name;       ///< op_type in ONNX's default domain
  int min_inputs, max_inputs;       ///< what ONNX allows; readers may ask for inputs up to max_inputs only
  std::string_view op_name;         ///< Op::name() of ours
  void (*read)(NodeReader& node);   ///< adds the node to the graph and defines its output
  void (*write)(NodeWriter& node);  ///< sets attributes and appends inputs that are not operands of ours (scales)
  bool takes_integers = false;      ///< false: ONNX has it for floats only
};

std::span<const Operator> all_operators();
std::vector<std::string> operator_names();  ///< ONNX's, for messages

const Operator* find_by_onnx_name(std::string_view onnx_name);  ///< null when there is none
const Operator* find_by_op_name(std::string_view op_name);      ///< null when there is none

}  // namespace bitloom::onnx_format
