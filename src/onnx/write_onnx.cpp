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

constexpr std::int64_t kOpset = 13;     // the first with per-channel QuantizeLinear, which everything reads
constexpr std::int64_t kIrVersion = 7;  // of the ONNX release that brought this opset

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

}  // namespace

std::string to_bytes(const Graph& graph) {
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("bitloom");
  onnx::OperatorSetIdProto& opset = *model.add_opset_import();
  opset.set_domain("");
  opset.set_version(kOpset);

  onnx::GraphProto& proto = *model.mutable_graph();
  proto.set_name(graph.name());
  for (const Value* input : graph.inputs()) {
    if (!input->type().element.is_float)
      throw InputError(graph.name(), "its input '" + input->name() + "' is quantized",
                       "write the QDQ graph that this one was lowered from");
    describe(*input, *proto.add_input());
  }
  GraphWriter writer(graph, proto);
  for (const Node* node : graph.nodes())
    if (!is_written_with_its_quantize(*node)) NodeWriter(*node, writer).write();
  const bool uses_qonnx = std::ranges::any_of(proto.node(), [](const onnx::NodeProto& node) { return node.domain() == kQonnx; });
  if (uses_qonnx) {
    onnx::OperatorSetIdProto& qonnx = *model.add_opset_import();
    qonnx.set_domain(std::string(kQonnx));
    qonnx.set_version(1);
  }
  for (const Value* output : graph.outputs()) describe(*output, *proto.add_output());
  write_metadata(graph, model);

  if (model.ByteSizeLong() > INT_MAX) throw InputError(graph.name(), "too large for one ONNX file (2 GB)");
  return model.SerializeAsString();
}

}  // namespace onnx_format

void write_onnx(const Graph& graph, const std::filesystem::path& path) {
  write_file(path, onnx_format::to_bytes(graph));
}

}  // namespace bitloom
