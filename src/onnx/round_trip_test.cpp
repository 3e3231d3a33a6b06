#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <cstdlib>
#include <set>

#include "base/test_folder.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/fake_quantize.h"
#include "ir/ops/quantization.h"
#include "onnx/onnx.h"
#include "onnx/operator.h"
#include "onnx/random_graph.h"
#include "onnx/test_models.h"

namespace bitloom::onnx_format {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kTrials = 300;

std::uint64_t test_seed() {
  const char* given = std::getenv("BITLOOM_TEST_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 11;
}

TEST(WriteOnnx, ReadBackIsTheSameGraph) {
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    const Graph graph = random_graph(test_seed(), trial);
    ASSERT_EQ(to_text(from_bytes(to_bytes(graph), "m.onnx")), to_text(graph))
        << "BITLOOM_TEST_SEED=" << test_seed() << " trial " << trial;
  }
}

TEST(WriteOnnx, QonnxReadBackIsTheSameGraph) {
  int qonnx_files = 0;
  std::set<std::string> written;
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    SCOPED_TRACE("BITLOOM_TEST_SEED=" + std::to_string(test_seed()) + " trial " + std::to_string(trial));
    const Graph graph = random_qonnx_graph(test_seed(), trial);
    const std::string bytes = to_bytes(graph);
    ASSERT_EQ(to_text(from_bytes(bytes, "m.onnx")), to_text(graph));
    onnx::ModelProto model;
    ASSERT_TRUE(model.ParseFromString(bytes));
    ASSERT_NO_THROW(onnx::checker::check_model(model));
    qonnx_files += model.opset_import_size() > 1;
    for (const onnx::NodeProto& node : model.graph().node())
      if (node.domain() == kQonnx) written.insert(node.op_type());
  }
  EXPECT_THAT(written, ::testing::UnorderedElementsAre("BipolarQuant", "MultiThreshold", "Quant", "Trunc"));
  EXPECT_GT(qonnx_files, static_cast<int>(kTrials) / 4);
}

TEST(WriteOnnx, RandomGraphsUseEveryOperatorThatCanBeWritten) {
  std::set<std::string> missing;
  for (const OperatorFamily& family : all_operators())
    for (const Operator& known : family)
      if (known.write) missing.emplace(known.op_name);
  for (std::uint64_t trial = 0; trial < 4 * kTrials; ++trial) {  // so many that no seed leaves one out
    const Graph graph = random_graph(test_seed(), trial);
    for (const Node* node : graph.nodes()) missing.erase(std::string(node->op().name()));
  }
  EXPECT_THAT(missing, ::testing::IsEmpty());
}

TEST(WriteOnnx, OnnxsOwnCheckerAcceptsItAndInfersTheSameShapes) {
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    SCOPED_TRACE("BITLOOM_TEST_SEED=" + std::to_string(test_seed()) + " trial " + std::to_string(trial));
    const Graph graph = random_graph(test_seed(), trial);
    onnx::ModelProto model;
    ASSERT_TRUE(model.ParseFromString(to_bytes(graph)));
    ASSERT_NO_THROW(onnx::checker::check_model(model));

    onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(),
                                       onnx::ShapeInferenceOptions(true, 1, false));
    std::map<std::string, const onnx::TypeProto::Tensor*> inferred;
    for (const onnx::ValueInfoProto& info : model.graph().value_info())
      inferred[info.name()] = &info.type().tensor_type();
    for (const Node* node : graph.nodes()) {
      if (graph.is_output(node->output())) continue;
      ASSERT_TRUE(inferred.contains(node->name())) << node->where();
      const onnx::TypeProto::Tensor& type = *inferred[node->name()];
      ASSERT_EQ(type.shape().dim_size(), node->output()->shape().rank()) << node->where();
      for (int axis = 1; axis < type.shape().dim_size(); ++axis)
        EXPECT_EQ(type.shape().dim(axis).dim_value(), node->output()->shape()[axis]) << node->where();
    }
  }
}

TEST(WriteOnnx, EqualGraphsGiveEqualBytes) {
  for (std::uint64_t trial = 0; trial < 20; ++trial)
    EXPECT_EQ(to_bytes(random_graph(test_seed(), trial)), to_bytes(random_graph(test_seed(), trial).clone()));
}

TEST(WriteOnnx, TheBatchDimensionIsOpen) {
  Graph graph("g");
  graph.set_outputs({graph.add("relu", Relu{}, {graph.add_input("x", TensorType{Shape{1, 4}, ElementType::float32(), {}})})});
  onnx::ModelProto model;
  model.ParseFromString(to_bytes(graph));
  EXPECT_EQ(model.graph().input(0).type().tensor_type().shape().dim(0).dim_param(), "N");
  EXPECT_EQ(model.graph().output(0).type().tensor_type().shape().dim(0).dim_param(), "N");
  EXPECT_EQ(model.opset_import(0).version(), 13);
}

TEST(WriteOnnx, StoresWeightsBehindDequantizeAsBytes) {
  Graph graph("g");
  Value* x = graph.add_input("x", TensorType{Shape{1, 4}, ElementType::float32(), {}});
  const TensorType type{Shape{1, 4}, ElementType::int8(), Quantization{{0.5f}, 0, -1}};
  Value* w = graph.add("w.real", Dequantize{}, {graph.add_constant("w", Tensor(type, {-128, -1, 0, 127}))});
  graph.set_outputs({graph.add("sum", Add{}, {x, w})});
  onnx::ModelProto model;
  model.ParseFromString(to_bytes(graph));
  EXPECT_EQ(model.graph().initializer(0).name(), "w");
  EXPECT_EQ(model.graph().initializer(0).raw_data(), std::string("\x80\xFF\x00\x7F", 4));
}

std::string write_error(const Graph& graph) {
  try {
    to_bytes(graph);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(WriteOnnx, RefusesQuantizersThatNeitherFormHas) {
  Graph graph("g");
  Value* x = graph.add_input("x", TensorType{Shape{1, 4}, ElementType::float32(), {}});
  Quantize op;
  op.element = ElementType::integer(4, false);
  op.quantization = {{0.1f}, 0, -1};
  op.rounding = Rounding::kHalfUp;
  graph.set_outputs({graph.add("narrow", Dequantize{}, {graph.add("q", op, {x})})});
  EXPECT_EQ(write_error(graph),
            "g: node 'q' (Quantize): rounds in a way that QONNX has no name for; use an even zero point, or quantize symmetrically");
}

TEST(WriteOnnx, RefusesAGraphThatIsTrainedThroughItsQuantization) {
  Graph graph("net");
  Value* x = graph.add_input("x", {{1, 2}, ElementType::float32(), {}});
  graph.set_outputs({graph.add("quantizer", FakeQuantize{}, {x, graph.add_constant("scale", Tensor(Shape{}, std::vector<float>{0.5f}))})});
  EXPECT_THAT([&] { to_bytes(graph); },
              ::testing::ThrowsMessage<InputError>(HasSubstr("node 'quantizer' (FakeQuantize): has a scale that is being trained")));
}

TEST(WriteOnnx, RefusesAnIntegerGraph) {
  Graph graph("g");
  const TensorType type{Shape{1, 4}, ElementType::int8(), Quantization{{0.1f}, 0, -1}};
  graph.set_outputs({graph.add("relu", Relu{}, {graph.add_input("x", type)})});
  EXPECT_EQ(write_error(graph), "g: its input 'x' is quantized; write the QDQ graph that this one was lowered from");

  Graph inner("g");
  Value* x = inner.add_input("x", TensorType{Shape{1, 4}, ElementType::float32(), {}});
  Quantize op;
  op.quantization = {{0.1f}, 0, -1};
  inner.set_outputs({inner.add("relu", Relu{}, {inner.add("q", op, {x})})});
  EXPECT_THAT(write_error(inner), HasSubstr("g: node 'relu' (Relu): ONNX has no such operator on integers"));
}

TEST(WriteOnnx, GoesThroughAFileAndLeavesNoneWhenItFails) {
  const TestFolder folder;
  const Graph graph = random_graph(test_seed(), 0);
  write_onnx(graph, folder.path() / "m.onnx");
  EXPECT_EQ(to_text(read_onnx(folder.path() / "m.onnx")), to_text(graph));

  Graph integers("g");
  integers.set_outputs(
      {integers.add_input("x", TensorType{Shape{1, 4}, ElementType::int8(), Quantization{{0.1f}, 0, -1}})});
  EXPECT_THROW(write_onnx(integers, folder.path() / "bad.onnx"), InputError);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "bad.onnx"));
}

}  // namespace
}  // namespace bitloom::onnx_format
