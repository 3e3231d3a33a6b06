#include "cli/inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "cli/command_line.h"
#include "ir/interpreter.h"
#include "ir/ops/gemm.h"
#include "ir/ops/quantization.h"
#include "ir/ops/softmax.h"
#include "onnx/onnx.h"
#include "passes/lower/lower.h"
#include "passes/quantize/quantize_model.h"
#include "zoo/zoo.h"

namespace bitloom::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The paper's network behind Quantize and Dequantize, calibrated on one grey image.
Graph quantized() {
  const Graph model = zoo::build("dnn2fpga", {});
  Tensor image(model.inputs()[0]->type());
  std::ranges::fill(image.floats(), 0.5f);
  return quantize_model(model, [&](const auto& use) { use(image); }, {});
}

const LayerInfo& layer(const Inspection& inspection, const std::string& name) {
  const auto found = std::ranges::find(inspection.layers, name, &LayerInfo::name);
  if (found == inspection.layers.end()) throw std::runtime_error("no layer " + name);
  return *found;
}

TEST(Inspection, CountsAFloatModel) {
  const Graph model = zoo::build("dnn2fpga", {});
  const Inspection inspection = inspect(model, nullptr);
  EXPECT_FALSE(inspection.quantized);
  EXPECT_EQ(inspection.parameters, 18'718);
  EXPECT_EQ(inspection.bytes, 4 * 18'718);
  EXPECT_EQ(inspection.layers.size(), 7u);
  const LayerInfo& conv2 = layer(inspection, "conv2");
  EXPECT_EQ(conv2.op, "Conv2d");
  EXPECT_EQ(conv2.geometry, "3x3");
  EXPECT_EQ(conv2.parameters, 12 * 12 * 9 + 12);
  EXPECT_EQ(conv2.macs, 24 * 24 * 12 * 12 * 9);
  EXPECT_EQ(conv2.weight_bits, 32);
  EXPECT_EQ(conv2.accumulator_bits, 0);
  EXPECT_EQ(layer(inspection, "pool1").geometry, "2x2 stride 2");
}

TEST(Inspection, ListsWhatWouldStayFloatAndWhy) {
  Graph model("net");
  Value* x = model.add_input("x", {{1, 4}, ElementType::float32(), {}});
  model.set_outputs({model.add("fc", Gemm{}, {model.add("attention", Softmax{}, {x}), model.add_constant("w", Tensor({2, 4}, std::vector<float>(8, 1.0f)))})});
  EXPECT_THAT(inspect(model, nullptr).stays_float, ElementsAre(HasSubstr("node 'attention' (Softmax): has no integer form: only a Softmax that ends")));
  EXPECT_THAT(inspect(zoo::build("dnn2fpga", {}), nullptr).stays_float, testing::IsEmpty());
}

TEST(Inspection, ShowsTheIntegerNetworkOfAQdqModel) {
  const Graph model = quantized(), integer = lower(model);
  const Inspection inspection = inspect(model, &integer);
  EXPECT_TRUE(inspection.quantized);
  EXPECT_EQ(inspection.parameters, 18'718);
  EXPECT_EQ(inspection.bytes, parameter_bytes(integer));
  const LayerInfo& conv1 = layer(inspection, "conv1");
  EXPECT_EQ(conv1.weight_bits, 8);
  EXPECT_EQ(conv1.element, ElementType::int32());
  EXPECT_GT(conv1.accumulator_bits, 8);
  EXPECT_LT(conv1.accumulator_bits, 32);
  for (const LayerInfo& any : inspection.layers) EXPECT_FALSE(any.element.is_float) << any.name;
}

TEST(Inspection, CountsParametersBehindDequantizeAndHidesIt) {
  const Graph model = quantized();
  const Inspection inspection = inspect(model, nullptr);
  EXPECT_EQ(inspection.parameters, 18'718);
  EXPECT_EQ(layer(inspection, "fc").parameters, 17'290);
  EXPECT_EQ(layer(inspection, "fc").weight_bits, 8);
  for (const LayerInfo& any : inspection.layers)
    EXPECT_THAT(any.op, ::testing::Not(::testing::AnyOf("Quantize", "Dequantize")));
}

TEST(Inspection, AccumulatorBitsHoldBothEndsOfTheSum) {
  // x in 0..255 times weight w: the sum lies between 0 and 255 * w.
  for (const auto& [weight, bits] : {std::pair{1, 9}, {127, 16}, {-128, 16}, {-1, 9}}) {
    Graph graph("g");
    Value* x = graph.add_input("x", TensorType{Shape{1, 1}, ElementType::uint8(), Quantization{{1.0f}, 0, -1}});
    Value* w = graph.add_constant(
        "w", Tensor(TensorType{Shape{1, 1}, ElementType::int8(), Quantization{{1.0f}, 0, -1}}, {weight}));
    graph.set_outputs({graph.add("fc", Gemm{}, {x, w})});
    EXPECT_EQ(inspect(graph, nullptr).layers.at(0).accumulator_bits, bits) << weight;
  }
}

struct Output {
  int exit_code = 0;
  std::string out, error;
};

Output run(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int exit_code = run_command_line(static_cast<int>(argv.size()), argv.data());
  return {exit_code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

TEST(InspectCommand, PrintsATableForPeopleAndJsonForTools) {
  const TestFolder folder;
  const std::string model = (folder.path() / "int8.onnx").string();
  write_onnx(quantized(), model);

  const Output text = run({"bitloom", "inspect", model});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_EQ(text.out, "");
  EXPECT_THAT(text.error, HasSubstr("dnn2fpga, 1x28x28 -> 10; quantized, shown as the integer network"));
  EXPECT_THAT(text.error, HasSubstr("Conv2d 3x3"));
  EXPECT_THAT(text.error, HasSubstr("18,718"));

  const Output json = run({"bitloom", "inspect", model, "--json"});
  EXPECT_EQ(json.exit_code, 0);
  EXPECT_EQ(json.error, "");
  EXPECT_THAT(json.out, HasSubstr("\"form\": \"integer\""));
  EXPECT_THAT(json.out, HasSubstr("\"parameters\": 18718"));
}

TEST(InspectCommand, RefusesATargetForAFloatModelAndAFileThatIsNone) {
  const TestFolder folder;
  const std::string model = (folder.path() / "float.onnx").string();
  write_onnx(zoo::build("linear", {}), model);
  const Output target = run({"bitloom", "inspect", model, "--target", "stream:xczu3eg"});
  EXPECT_EQ(target.exit_code, 2);
  EXPECT_THAT(target.error,
              HasSubstr("hardware needs integers: this is a float model; make a QDQ model with `bitloom quantize`"));
  const Output missing = run({"bitloom", "inspect", (folder.path() / "none.onnx").string()});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.error, HasSubstr("none.onnx: cannot read"));
}

}  // namespace
}  // namespace bitloom::cli
