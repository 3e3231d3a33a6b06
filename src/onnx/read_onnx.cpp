#include <fmt/format.h>

#include <google/protobuf/io/zero_copy_stream_impl.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "onnx/bytes.h"
#include "onnx/metadata.h"
#include "onnx/node_reader.h"
#include "onnx/onnx.h"
#include "onnx/operator.h"
#include "onnx/tensor_proto.h"

namespace bitloom {
namespace onnx_format {
namespace {

// Operators read their opset where its meaning changed; an attribute that an old one has and no reader asks for is refused by name.
constexpr std::int64_t kOldestOpset = 1, kNewestOpset = 21;
constexpr const char* kInputFix = "export the model with a float32 image as its input";

void check_parsed(bool parsed, const onnx::ModelProto& model, const std::string& file) {
  if (!parsed || !model.has_graph()) throw InputError(file, "not an ONNX model, or cut off", "export or copy it again");
}

/// Piece by piece: a file of weights is never in memory as a whole beside what is made of it.
onnx::ModelProto parse_file(const std::filesystem::path& path) {
  const InputFile file(path);
  google::protobuf::io::FileInputStream stream(file.descriptor());
  onnx::ModelProto model;
  const bool parsed = model.ParseFromZeroCopyStream(&stream);
  if (stream.GetErrno() != 0) file.fail_to_read(stream.GetErrno());
  check_parsed(parsed, model, path.string());
  return model;
}

/// Of ONNX's own operators; 0 when the file imports none.
std::int64_t default_opset(const onnx::ModelProto& model, const std::string& file) {
  for (const onnx::OperatorSetIdProto& opset : model.opset_import()) {
    if (canonical_domain(opset.domain()) != kStandard) continue;
    if (opset.version() >= kOldestOpset && opset.version() <= kNewestOpset) return opset.version();
    throw InputError(file, fmt::format("opset {} is not supported", opset.version()),
                     fmt::format("supported: {} to {}; export or convert it to 13", kOldestOpset, kNewestOpset));
  }
  return 0;
}

/// Takes them out of `proto`, one after the other: the largest is in memory twice, not all.
void read_initializers(onnx::GraphProto& proto, Scope& scope) {
  if (proto.sparse_initializer_size() > 0)
    throw InputError(scope.file, "sparse initializers are not supported", "export dense weights");
  for (onnx::TensorProto& held : *proto.mutable_initializer()) {
    const onnx::TensorProto initializer = std::move(held);
    const std::string where = fmt::format("{}: initializer '{}'", scope.file, printable(initializer.name()));
    if (scope.is_defined(initializer.name()))
      throw InputError(where, "given twice", "the file is damaged; export it again");
    scope.add_constant(initializer.name(), scope.decoded(initializer, where));
  }
}

/// The type of a graph input with the batch dimension, unless it is to be kept, as 1.
TensorType input_type(const onnx::ValueInfoProto& proto, bool literal, const std::string& where) {
  const onnx::TypeProto::Tensor& tensor = proto.type().tensor_type();
  if (!tensor.has_shape() || (tensor.shape().dim_size() == 0 && !literal))
    throw InputError(where, "no shape given", "export the model with a fixed input shape NxCxHxW");
  std::vector<std::int64_t> dims;
  if (!literal) dims.push_back(1);
  for (int i = literal ? 0 : 1; i < tensor.shape().dim_size(); ++i) {
    if (!tensor.shape().dim(i).has_dim_value())
      throw InputError(where, fmt::format("dimension {} is open", i),
                       "export the model with a fixed input size; only the batch may be open");
    dims.push_back(tensor.shape().dim(i).dim_value());
  }
  const Shape shape(std::move(dims));
  if (!is_reasonable(shape) || shape.elements() == 0)
    throw InputError(where, "impossible dimensions " + to_string(shape), "the file is damaged; export it again");
  return {shape, integer_element(tensor.elem_type()).value_or(ElementType::float32()), {}};
}

/// What the file says of its tensors' types, of itself or left there by its shape inference.
void read_declarations(const onnx::GraphProto& proto, Scope& scope) {
  for (const onnx::TensorProto& initializer : proto.initializer()) scope.declare(initializer.name(), initializer.data_type());
  for (const auto* list : {&proto.input(), &proto.value_info()})
    for (const onnx::ValueInfoProto& value : *list) scope.declare(value.name(), value.type().tensor_type().elem_type());
}

/// Floats, or the 8-bit integers of a quantized network. An input that is neither is refused by the first node that reads it, whose name
/// says what it is for.
bool is_image(const onnx::GraphProto& proto, const onnx::ValueInfoProto& input, Scope& scope) {
  const int type = input.type().tensor_type().elem_type();
  const auto integer = integer_element(type);
  if (input.type().has_tensor_type() && (is_floating_point(type) || (integer && integer->bits == 8))) return true;
  for (const onnx::NodeProto& node : proto.node())
    if (std::ranges::find(node.input(), input.name()) != node.input().end())
      NodeReader(node, scope).refuse(fmt::format("the model's input '{}' is neither floats nor 8-bit integers", printable(input.name())), kInputFix);
  return false;
}

/// The first dimension of the images as the file has it; 0 when it is open.
std::int64_t file_batch(const onnx::ValueInfoProto& input) {
  const onnx::TensorShapeProto& shape = input.type().tensor_type().shape();
  return shape.dim_size() > 0 && shape.dim(0).has_dim_value() ? shape.dim(0).dim_value() : 0;
}

void read_inputs(const onnx::GraphProto& proto, const ReadOnnxOptions& options, Scope& scope) {
  for (const onnx::ValueInfoProto& input : proto.input()) {
    if (scope.constant(input.name())) continue;  // files before IR version 4 list their initializers here, too
    const std::string where = fmt::format("{}: input '{}'", scope.file, printable(input.name()));
    if (scope.is_defined(input.name())) throw InputError(where, "given twice", "the file is damaged; export it again");
    if (const auto given = options.constants.find(input.name()); given != options.constants.end()) {
      scope.add_constant(input.name(), given->second);
      continue;
    }
    if (!is_image(proto, input, scope)) continue;
    TensorType type = input_type(input, options.literal, where);
    if (type.element.is_float)
      scope.define(input.name(), scope.graph.add_input(one_line(input.name()), std::move(type)));
    else
      scope.add_integer_input(input.name(), std::move(type));
    if (scope.graph.inputs().size() == 1 && !options.literal) scope.batch = file_batch(input);
  }
}

/// An input of another type that nothing reads says that the network is not one on images.
void check_inputs_are_defined(const onnx::GraphProto& proto, const Scope& scope) {
  for (const onnx::ValueInfoProto& input : proto.input())
    if (!scope.is_defined(input.name()))
      throw InputError(fmt::format("{}: input '{}'", scope.file, printable(input.name())), "neither floats nor 8-bit integers", kInputFix);
}

/// Takes them out of `proto`, as read_initializers does: some files hold their weights in nodes.
void read_nodes(onnx::GraphProto& proto, Scope& scope) {
  for (onnx::NodeProto& held : *proto.mutable_node()) {
    const onnx::NodeProto node = std::move(held);
    NodeReader reader(node, scope);
    for (const std::string& output : node.output())
      if (!output.empty() && scope.is_defined(output))
        reader.refuse(fmt::format("its output '{}' is already the name of another tensor", printable(output)), "export it again");
    reader.read();
  }
}

/// A declared shape that differs from the inferred one would mean that the file and we disagree about some operator.
void check_declared_shape(const onnx::ValueInfoProto& declared, const Value& value, const std::string& where) {
  if (!declared.type().tensor_type().has_shape()) return;
  const onnx::TensorShapeProto& shape = declared.type().tensor_type().shape();
  bool agrees = shape.dim_size() == value.shape().rank();
  for (int i = 1; agrees && i < shape.dim_size(); ++i)  // the first is the batch
    agrees = !shape.dim(i).has_dim_value() || shape.dim(i).dim_value() == value.shape()[i];
  if (!agrees)
    throw InputError(where, "declared with another shape than its nodes make, " + to_string(value.shape()),
                     "export it again");
}

void read_outputs(const onnx::GraphProto& proto, bool literal, Scope& scope) {
  std::vector<Value*> outputs;
  for (const onnx::ValueInfoProto& output : proto.output()) {
    const std::string where = fmt::format("{}: output '{}'", scope.file, printable(output.name()));
    outputs.push_back(scope.value(output.name()));
    if (!outputs.back()) throw InputError(where, "computed by no node", "the file is damaged; export it again");
    check_declared_shape(output, *outputs.back(), where);
  }
  if (outputs.empty()) throw InputError(scope.file, "the model has no output", "the file is damaged; export it again");
  if (scope.graph.inputs().empty() && !literal) throw InputError(scope.file, "the model has no input", "the file is damaged; export it again");
  scope.graph.set_outputs(std::move(outputs));
}

Graph from_model(onnx::ModelProto model, const std::string& file, const ReadOnnxOptions& options) {
  Scope scope(file, default_opset(model, file), options.folding_steps);
  for (const onnx::NodeProto& node : model.graph().node()) NodeReader(node, scope).check_operator();
  if (scope.opset == 0) throw InputError(file, "no opset of ONNX's own operators is imported", "the file is damaged; export it again");
  read_declarations(model.graph(), scope);
  read_initializers(*model.mutable_graph(), scope);
  read_inputs(model.graph(), options, scope);
  read_nodes(*model.mutable_graph(), scope);
  check_inputs_are_defined(model.graph(), scope);
  read_outputs(model.graph(), options.literal, scope);
  read_metadata(model, file, scope.graph);
  scope.graph.erase_dead_nodes();
  verify(scope.graph);
  const bool ours = model.producer_name() == "bitloom" && !model.graph().name().empty();
  scope.graph.set_name(ours ? one_line(model.graph().name()) : std::filesystem::path(file).filename().string());
  return std::move(scope.graph);
}

}  // namespace

Graph from_bytes(const std::string& bytes, const std::string& file, const ReadOnnxOptions& options) {
  onnx::ModelProto model;
  const bool parsed = bytes.size() <= INT_MAX && model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  check_parsed(parsed, model, file);
  return from_model(std::move(model), file, options);
}

}  // namespace onnx_format

Graph read_onnx(const std::filesystem::path& path, const ReadOnnxOptions& options) {
  return onnx_format::from_model(onnx_format::parse_file(path), path.string(), options);
}

}  // namespace bitloom
