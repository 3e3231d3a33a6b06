#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "ir/ops/multi_threshold.h"
#include "ir/ops/quantization.h"
#include "onnx/operator.h"
#include "onnx/operators/qonnx.h"
#include "onnx/operators/qonnx_scales.h"

namespace bitloom::onnx_format {
namespace {

Tensor dequantized_constant(const Node& dequantize) {
  const Tensor* inputs[] = {&dequantize.input(0)->constant()};
  Tensor real(dequantize.output()->type());
  dequantize.op().evaluate(inputs, std::span(&real, 1));
  return real;
}

/// The Dequantize whose reals the quantizer `node` is written to give; what other Dequantizes give is an alias of it.
const Node& dequantize_of(NodeWriter& writer, const Node& node) {
  const Node* dequantize = nullptr;
  for (const Node* reader : node.output()->consumers()) {
    if (!reader->is<Dequantize>())
      throw InputError(reader->where(), "works on integers, and QONNX has quantizers from reals to reals only",
                       "move it behind the Dequantize");
    if (!dequantize || node.graph().is_output(reader->output())) dequantize = reader;
  }
  if (!dequantize || node.graph().is_output(node.output()))
    throw InputError(node.where(), "is not dequantized, and QONNX has quantizers from reals to reals only", "end in a Dequantize");
  for (const Node* reader : node.output()->consumers()) {
    if (reader != dequantize && node.graph().is_output(reader->output()))
      throw InputError(reader->where(), "a second output of the same numbers", "leave it out");
    writer.alias(reader->output(), dequantize->output());
  }
  return *dequantize;
}

void add_number(NodeWriter& writer, const std::string& suffix, float number) {
  writer.add_constant_input(suffix, Tensor(Shape{}, std::vector<float>{number}));
}

std::string_view named_rounding(const NodeWriter& writer, Rounding rounding) {
  const std::string_view mode = rounding_mode(rounding);
  if (mode.empty()) writer.refuse("rounds in a way that QONNX has no name for", "use an even zero point, or quantize symmetrically");
  return mode;
}

/// A Quantize with its Dequantize, or the Dequantize of a constant.
void write_quant(NodeWriter& writer) {
  const Node& node = writer.node();
  const auto* quantize = node.as<Quantize>();
  const Node& dequantize = quantize ? dequantize_of(writer, node) : node;
  const TensorType& integers = dequantize.input(0)->type();
  const Quantization& quantization = *integers.quantization;
  const std::string_view mode = quantize ? named_rounding(writer, behind_zero_points(quantize->rounding, quantization)) : "ROUND";
  writer.begin(integers.element.is_bipolar() ? "BipolarQuant" : "Quant", kQonnx, dequantize.output());
  if (quantize)
    writer.add_input(node.input(0));
  else
    writer.add_stand_in(node.input(0), dequantized_constant(node));
  writer.add_constant_input(".scale", laid_along(quantization.scales, quantization, integers.shape));
  if (integers.element.is_bipolar()) return;
  writer.add_constant_input(".zero_point", zero_points_along(quantization, integers.shape));
  add_number(writer, ".bits", static_cast<float>(integers.element.bits));
  writer.integer("signed", integers.element.is_signed);
  writer.integer("narrow", quantize && quantize->narrow);
  writer.text("rounding_mode", mode);
}

/// Whether the integers stand for what they stood for before they lost `shift` bits: the form of Trunc with an output scale.
bool keeps_its_meaning(const Trunc& op) {
  if (op.input.axis != op.quantization.axis) return false;
  for (std::size_t i = 0; i < op.input.scales.size(); ++i) {
    const std::int64_t zero = std::int64_t{op.quantization.zero_point_of(i)} << op.shift;
    if (std::nearbyint(std::log2(op.quantization.scales[i] / op.input.scales[i])) != op.shift || zero != op.input.zero_point_of(i))
      return false;
  }
  return true;
}

void write_trunc(NodeWriter& writer) {
  const Trunc& op = writer.op<Trunc>();
  const bool is_version_1 = !keeps_its_meaning(op);
  if (is_version_1 && (op.quantization != op.input || op.element != ElementType::int32()))
    writer.refuse("QONNX has no Trunc to such a scale and type",
                  "keep the scale and int32, or multiply the scale by 2 to the power of the bits");
  const std::string_view mode = named_rounding(writer, op.rounding);
  const Node& dequantize = dequantize_of(writer, writer.node());
  const Shape& shape = dequantize.output()->shape();
  writer.begin("Trunc", kQonnx, dequantize.output());
  writer.add_input(writer.node().input(0));
  writer.add_constant_input(".input_scale", laid_along(op.input.scales, op.input, shape));
  writer.add_constant_input(".input_zero_point", zero_points_along(op.input, shape));
  writer.text("rounding_mode", mode);
  if (is_version_1) {
    add_number(writer, ".input_bits", 32);
    return add_number(writer, ".bits", static_cast<float>(32 - op.shift));
  }
  add_number(writer, ".input_bits", static_cast<float>(op.element.bits + op.shift));
  writer.add_constant_input(".scale", laid_along(op.quantization.scales, op.quantization, shape));
  writer.add_constant_input(".zero_point", zero_points_along(op.quantization, shape));
  add_number(writer, ".bits", static_cast<float>(op.element.bits));
  writer.integer("signed", op.element.is_signed);
  writer.integer("narrow", op.narrow);
}

void write_multi_threshold(NodeWriter& writer) {
  const auto& op = writer.op<MultiThreshold>();
  const Node& node = writer.node();
  const int rank = node.input(0)->shape().rank();
  const bool is_first = rank == 4 && op.axis == 1;
  if (!node.input(0)->type().element.is_float)
    writer.refuse("compares integers, and QONNX compares reals", "write the network before lowering");
  if (op.quantization.zero_point != 0) writer.refuse("a zero point", "use a bias");
  if (!is_first && op.axis != rank - 1)
    writer.refuse(fmt::format("channels on axis {} of {}", op.axis, rank), "QONNX has them on the last one, or second of four");
  const Node& dequantize = dequantize_of(writer, node);
  writer.begin("MultiThreshold", kQonnx, dequantize.output());
  writer.add_input(node.input(0));
  writer.add_input(node.input(1));
  const float scale = op.quantization.scales.front();
  const bool is_sign = op.element.is_bipolar();
  writer.real("out_scale", is_sign ? 2 * scale : scale);
  writer.real("out_bias", is_sign ? -scale : scale * static_cast<float>(op.bias));
  writer.text("out_dtype", is_sign ? "BIPOLAR" : fmt::format("{}INT{}", op.element.is_signed ? "" : "U", op.element.bits));
  writer.text("data_layout", rank == 4 && !is_first ? "NHWC" : "NCHW");
}

}  // namespace

bool needs_qonnx(const Node& node) {
  if (node.is<Trunc>() || node.is<MultiThreshold>()) return true;
  if (const auto* quantize = node.as<Quantize>())
    return quantize->element.bits != 8 || quantize->narrow || quantize->rounding != Rounding::kHalfToEven;
  if (!node.is<Dequantize>()) return false;
  if (node.input(0)->is_constant()) return node.input(0)->type().element.bits != 8 && node.input(0)->type().element.bits != 32;
  return node.producer(0) && needs_qonnx(*node.producer(0));
}

bool is_written_with_its_quantizer(const Node& node) { return node.is<Dequantize>() && node.producer(0) && needs_qonnx(*node.producer(0)); }

void write_quantizer(NodeWriter& writer) {
  if (writer.node().is<Trunc>()) return write_trunc(writer);
  if (writer.node().is<MultiThreshold>()) return write_multi_threshold(writer);
  write_quant(writer);
}

}  // namespace bitloom::onnx_format
