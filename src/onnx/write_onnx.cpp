#include <algorithm>
#include <climits>

#include "base/error.h"
#include "base/file.h"
#include "onnx/bytes.h"
#include "onnx/metadata.h"
#include "onnx/node_writer.h"
#include "onnx/onnx.h"
#include "onnx/operator.h"
#include "onnx/operators/qonnx.h"
#include "onnx/tensor_proto.h"

namespace bitloom {
namespace onnx_format {
namespace {

constexpr std::int64_t kLowestOpset = 13;  // the first with per-channel QuantizeLinear, which everything reads

/// Of the ONNX release that brought the opset.
std::int64_t ir_version(std::int64_t opset) { return opset < 15 ? 7 : opset < 19 ? 8 : opset < 21 ? 9 : 10; }

/// QONNX's Trunc with an output scale, which version 1 of the domain lacks.
bool is_trunc_of_version_2(const onnx::NodeProto& node) {
  constexpr int kInputsOfVersion1 = 5;
  return node.domain() == kQonnx && node.op_type() == "Trunc" && node.input_size() > kInputsOfVersion1;
}

/// Name and type; the batch dimension is open.
void describe(const Value& value, onnx::ValueInfoProto& info) {
  info.set_name(value.name());
  onnx::TypeProto::Tensor& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(data_type(value.type().element));
  for (int axis = 0; axis < value.shape().rank(); ++axis) {
    onnx::TensorShapeProto::Dimension& dim = *tensor.mutable_shape()->add_dim();
    axis == 0 ? dim.set_dim_param("N") : dim.set_dim_value(value.shape()[axis]);
  }
}

/// Writes the graph as it is said in `opset`. @return the lowest opset that has all its operators
std::int64_t write_graph(const Graph& graph, std::int64_t opset, onnx::GraphProto& proto) {
  proto.set_name(graph.name());
  for (const Value* input : graph.inputs()) {
    if (!input->type().element.is_float)
      throw InputError(graph.name(), "its input '" + input->name() + "' is quantized",
                       "write the QDQ graph that this one was lowered from");
    describe(*input, *proto.add_input());
  }
  GraphWriter writer(graph, proto, opset);
  for (const Node* node : graph.nodes())
    if (!is_written_with_its_quantizer(*node)) NodeWriter(*node, writer).write();
  for (const Value* output : graph.outputs()) describe(*output, *proto.add_output());
  return writer.lowest_opset();
}

}  // namespace

std::string to_bytes(const Graph& graph) {
  onnx::ModelProto model;
  std::int64_t opset = kLowestOpset;
  for (std::int64_t needed; (needed = write_graph(graph, opset, *model.mutable_graph())) > opset; opset = needed) model.clear_graph();
  model.set_ir_version(ir_version(opset));
  model.set_producer_name("bitloom");
  onnx::OperatorSetIdProto& import = *model.add_opset_import();
  import.set_domain("");
  import.set_version(opset);
  const bool uses_qonnx = std::ranges::any_of(model.graph().node(), [](const onnx::NodeProto& node) { return node.domain() == kQonnx; });
  if (uses_qonnx) {
    onnx::OperatorSetIdProto& qonnx = *model.add_opset_import();
    qonnx.set_domain(std::string(kQonnx));
    qonnx.set_version(std::ranges::any_of(model.graph().node(), is_trunc_of_version_2) ? 2 : 1);
  }
  write_metadata(graph, model);

  if (model.ByteSizeLong() > INT_MAX) throw InputError(graph.name(), "too large for one ONNX file (2 GB)");
  return model.SerializeAsString();
}

}  // namespace onnx_format

void write_onnx(const Graph& graph, const std::filesystem::path& path) {
  write_file(path, onnx_format::to_bytes(graph));
}

}  // namespace bitloom
