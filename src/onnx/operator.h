#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace bitloom::onnx_format {

class NodeReader;
class NodeWriter;

/// Domains of operators, with the other names that files have for them.
inline constexpr std::string_view kStandard = "";              ///< ONNX's own; also "ai.onnx"
inline constexpr std::string_view kMicrosoft = "com.microsoft";  ///< ONNX Runtime's contributed operators
inline constexpr std::string_view kQonnx = "qonnx.custom_op.general";  ///< also "finn.custom_op.general" and "onnx.brevitas"

/// The name above of a domain that a file names in another way; other domains stay as they are.
std::string_view canonical_domain(std::string_view domain);

/// How one ONNX operator becomes one of ours, and ours becomes it. The functions stand in operators/, one file per operator family with
/// the family's table at its end; operators/all_operators.cpp lists the families. A new operator is its two functions and its line. Where
/// several of ours are one of ONNX's, each has a line, with the same reader.
struct Operator {
  std::string_view onnx_name;       ///< op_type
  int min_inputs, max_inputs;       ///< what ONNX allows; other numbers are refused before `read` sees them
  std::string_view op_name;         ///< Op::name() of ours that `write` says; "" when there is none
  void (*read)(NodeReader& node);   ///< adds what the node means to the graph and defines its outputs
  void (*write)(NodeWriter& node);  ///< sets attributes and appends inputs that are not operands of ours (scales); null: never written
  bool takes_integers = false;      ///< when writing; false: ONNX has it for floats only
  std::string_view domain = kStandard;
};

using OperatorFamily = std::span<const Operator>;

std::span<const OperatorFamily> all_operators();
std::vector<std::string> operator_names();  ///< ONNX's, sorted, for messages; other domains as "domain::name"

const Operator* find_by_onnx_name(std::string_view domain, std::string_view onnx_name);  ///< null when there is none
const Operator* find_by_op_name(std::string_view op_name);                               ///< null when there is none

}  // namespace bitloom::onnx_format
