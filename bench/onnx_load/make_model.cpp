// Writes a float ResNet-50 (He et al. 2015, arXiv:1512.03385, table 1) as exporters do, with constant weights: 25.6 million of them, 102 MB.
//   onnx_load_model MODEL.onnx            weights inside
//   onnx_load_model MODEL.onnx WEIGHTS    weights in a file WEIGHTS beside it
#include <onnx/onnx_pb.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

namespace {

class Network {
 public:
  explicit Network(std::string weights_file) : weights_file_(std::move(weights_file)) {
    model_.set_ir_version(7);
    model_.add_opset_import()->set_version(13);
    onnx::ValueInfoProto& image = *model_.mutable_graph()->add_input();
    image.set_name("image");
    image.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
    for (const int dim : {1, 3, 224, 224}) image.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(dim);
  }

  std::string conv_norm(const std::string& name, const std::string& x, int inputs, int outputs, int kernel, int stride) {
    onnx::NodeProto& conv = node("Conv", name, {x, weights(name + ".weight", {outputs, inputs, kernel, kernel}, 0.01f)});
    set(conv, "pads", {kernel / 2, kernel / 2, kernel / 2, kernel / 2});
    set(conv, "strides", {stride, stride});
    std::vector<std::string> operands{name};
    for (const char* statistic : {".scale", ".bias", ".mean", ".variance"}) operands.push_back(weights(name + statistic, {outputs}, 0.5f));
    node("BatchNormalization", name + ".norm", operands);
    return name + ".norm";
  }

  std::string bottleneck(const std::string& name, const std::string& x, int inputs, int width, int stride) {
    std::string y = relu(conv_norm(name + ".1", x, inputs, width, 1, 1));
    y = relu(conv_norm(name + ".2", y, width, width, 3, stride));
    y = conv_norm(name + ".3", y, width, 4 * width, 1, 1);
    const std::string shortcut = inputs == 4 * width ? x : conv_norm(name + ".shortcut", x, inputs, 4 * width, 1, stride);
    node("Add", name + ".add", {y, shortcut});
    return relu(name + ".add");
  }

  void build() {
    std::string x = relu(conv_norm("stem", "image", 3, 64, 7, 2));
    onnx::NodeProto& pool = node("MaxPool", "pool", {x});
    set(pool, "kernel_shape", {3, 3});
    set(pool, "pads", {1, 1, 1, 1});
    set(pool, "strides", {2, 2});
    x = "pool";
    int channels = 64;
    const int blocks[] = {3, 4, 6, 3};
    for (int stage = 0; stage < 4; ++stage)
      for (int block = 0; block < blocks[stage]; ++block, channels = 256 << stage)
        x = bottleneck("stage" + std::to_string(stage) + "." + std::to_string(block), x, channels, 64 << stage, stage > 0 && block == 0 ? 2 : 1);
    node("GlobalAveragePool", "average", {x});
    node("Flatten", "flat", {"average"});
    set(node("Gemm", "logits", {"flat", weights("logits.weight", {1000, 2048}, 0.01f), weights("logits.bias", {1000}, 0)}), "transB", 1);
    model_.mutable_graph()->add_output()->set_name("logits");
  }

  bool write(const std::filesystem::path& path) const {
    if (!weights_file_.empty() && !std::ofstream(path.parent_path() / weights_file_, std::ios::binary).write(outside_.data(), static_cast<std::streamsize>(outside_.size())))
      return false;
    std::ofstream out(path, std::ios::binary);
    return model_.SerializeToOstream(&out);
  }

 private:
  onnx::NodeProto& node(const std::string& type, const std::string& name, const std::vector<std::string>& inputs) {
    onnx::NodeProto& added = *model_.mutable_graph()->add_node();
    added.set_op_type(type);
    added.set_name(name);
    for (const std::string& input : inputs) added.add_input(input);
    added.add_output(name);
    return added;
  }

  std::string relu(const std::string& x) {
    node("Relu", x + ".relu", {x});
    return x + ".relu";
  }

  static void set(onnx::NodeProto& node, const std::string& name, std::initializer_list<int> values) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const int value : values) attribute.add_ints(value);
  }
  static void set(onnx::NodeProto& node, const std::string& name, int value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  }

  std::string weights(const std::string& name, std::initializer_list<int> dims, float value) {
    onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    std::size_t count = 1;
    for (const int dim : dims) tensor.add_dims(dim), count *= static_cast<std::size_t>(dim);
    const std::vector<float> values(count, value);
    const std::string bytes(reinterpret_cast<const char*>(values.data()), count * sizeof(float));
    if (weights_file_.empty()) {
      tensor.set_raw_data(bytes);
      return name;
    }
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    place(tensor, "location", weights_file_);
    place(tensor, "offset", std::to_string(outside_.size()));
    place(tensor, "length", std::to_string(bytes.size()));
    outside_ += bytes;
    return name;
  }

  static void place(onnx::TensorProto& tensor, const std::string& key, const std::string& value) {
    onnx::StringStringEntryProto& entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }

  onnx::ModelProto model_;
  const std::string weights_file_;
  std::string outside_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) return 2;
  Network network(argc == 3 ? argv[2] : "");
  network.build();
  return network.write(argv[1]) ? 0 : 1;
}
