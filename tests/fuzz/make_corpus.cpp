// Seeds of the fuzzer: onnx_fuzz_corpus BYTES OUT FILE.onnx...   Models of at most so many bytes, each as one file: recorded inputs that say
// shapes, axes and scales (test_data_set_0 beside the model) become constants, and weights become constants that the file computes.
#include <onnx/onnx_pb.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestTensor = 512;
constexpr int kFirstFile = 3;  // among the arguments

/// All recorded inputs but the first one of floats, which stays the image.
void embed_recorded_inputs(onnx::GraphProto& graph, const fs::path& folder) {
  bool has_image = false;
  for (int i = graph.input_size(), at = 0, number = 0; number < i; ++number) {
    onnx::TensorProto tensor;
    const fs::path file = folder / ("input_" + std::to_string(number) + ".pb");
    const bool known = fs::exists(file) && tensor.ParseFromString(bitloom::read_file(file));
    const bool is_image = !has_image && graph.input(at).type().tensor_type().elem_type() == onnx::TensorProto::FLOAT;
    has_image |= is_image;
    if (!known || is_image || tensor.ByteSizeLong() > 4 * kLargestTensor) {
      ++at;
      continue;
    }
    tensor.set_name(graph.input(at).name());
    *graph.add_initializer() = tensor;
    graph.mutable_input()->DeleteSubrange(at, 1);
  }
}

/// Large initializers of floats become ConstantOfShape nodes, in front of all others.
void compute_weights(onnx::GraphProto& graph) {
  onnx::GraphProto result = graph;
  result.clear_initializer();
  result.clear_node();
  for (const onnx::TensorProto& weights : graph.initializer()) {
    onnx::TensorProto& tensor = *result.add_initializer();
    if (weights.ByteSizeLong() <= kLargestTensor || weights.data_type() != onnx::TensorProto::FLOAT) {
      tensor = weights;
      continue;
    }
    tensor.set_name(weights.name() + ".shape");
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(weights.dims_size());
    for (const std::int64_t dim : weights.dims()) tensor.add_int64_data(dim);
    onnx::NodeProto& node = *result.add_node();
    node.set_op_type("ConstantOfShape");
    node.add_input(tensor.name());
    node.add_output(weights.name());
  }
  for (const onnx::NodeProto& node : graph.node()) *result.add_node() = node;
  graph = result;
}

/// "data/node/test_abs/model.onnx" -> "node_test_abs_model.onnx"
std::string seed_name(const fs::path& path) {
  std::string name;
  auto part = path.end();
  for (int i = 0; i < 3 && part != path.begin(); ++i) name = (--part)->string() + (name.empty() ? "" : "_") + name;
  return name;
}

}  // namespace

int main(int argc, char** argv) {
  int written = 0;
  try {
    const std::size_t largest = std::stoul(argv[1]);
    for (int i = kFirstFile; i < argc; ++i) {
      const fs::path path = argv[i];
      onnx::ModelProto model;
      if (!model.ParseFromString(bitloom::read_file(path)) || !model.has_graph()) continue;
      embed_recorded_inputs(*model.mutable_graph(), path.parent_path() / "test_data_set_0");
      compute_weights(*model.mutable_graph());
      const std::string bytes = model.SerializeAsString();
      if (bytes.size() > largest) continue;
      bitloom::write_file(fs::path(argv[2]) / seed_name(path), bytes);
      ++written;
    }
  } catch (const bitloom::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return error.exit_code();
  }
  std::printf("%d of %d models became seeds\n", written, argc - kFirstFile);
}
