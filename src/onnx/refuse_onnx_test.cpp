#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "onnx/operator.h"
#include "onnx/test_models.h"

// What cannot be read ends in one line that names file, place and fix; never in a crash or a huge allocation.
namespace bitloom::onnx_format {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(RefuseOnnx, WhatIsNotAModel) {
  for (const char* bytes : {"", "hello, this is text", "\x08\x07"})
    EXPECT_EQ(TestModel::error_of_bytes(bytes), "m.onnx: not an ONNX model, or cut off; export or copy it again");
}

TEST(RefuseOnnx, AnUnknownOperatorBeforeAnythingElse) {
  TestModel model;
  model.initializer("big", {1}, onnx::TensorProto::INT64).add_int64_data(1);  // of no interest beside the operator
  model.node("LSTM", "rnn", {"x"});
  EXPECT_EQ(model.error(),
            "m.onnx: node 'rnn' (LSTM): operator not supported; docs/onnx.md lists those that are; export the network without it");
  TestModel other;
  other.node("Relu", "y", {"x"}).set_domain("com.microsoft");
  EXPECT_THAT(other.error(), StartsWith("m.onnx: node 'y' (Relu): operator of domain 'com.microsoft' not supported; "));
}

TEST(RefuseOnnx, CyclesNodesOutOfOrderAndDanglingInputs) {
  TestModel cycle;
  cycle.node("Add", "a", {"x", "b"});
  cycle.node("Relu", "b", {"a"});
  EXPECT_THAT(cycle.error(), StartsWith("m.onnx: node 'a' (Add): input 'b' is not computed before it; "));
  TestModel self;
  self.node("Relu", "a", {"a"});
  EXPECT_THAT(self.error(), HasSubstr("input 'a' is not computed before it"));
  TestModel dangling;
  dangling.node("Relu", "a", {"nowhere"});
  EXPECT_THAT(dangling.error(), HasSubstr("input 'nowhere' is not computed before it"));
  TestModel output;
  output.node("Relu", "a", {"x"});
  output.graph().mutable_output(0)->set_name("z");
  EXPECT_THAT(output.error(), StartsWith("m.onnx: output 'z': computed by no node"));
}

TEST(RefuseOnnx, ANameGivenTwice) {
  TestModel node;
  node.node("Relu", "a", {"x"});
  node.node("Relu", "a", {"x"});
  EXPECT_THAT(node.error(),
              StartsWith("m.onnx: node 'a' (Relu): its output 'a' is already the name of another tensor"));
  TestModel constant;
  constant.floats("a", {1}, {1});
  constant.node("Relu", "a", {"x"});
  EXPECT_THAT(constant.error(), StartsWith("m.onnx: node 'a' (Relu): its output 'a' is already the name of another tensor"));
  TestModel input;
  input.node("Relu", "a", {"x"});
  *input.graph().add_input() = onnx::ValueInfoProto(input.graph().input(0));
  EXPECT_THAT(input.error(), StartsWith("m.onnx: input 'x': given twice"));
  TestModel initializer;
  initializer.floats("w", {1}, {1});
  initializer.floats("w", {1}, {1});
  initializer.node("Relu", "a", {"x"});
  EXPECT_THAT(initializer.error(), StartsWith("m.onnx: initializer 'w': given twice"));
}

TEST(RefuseOnnx, WrongNumbersOfInputsOrOutputs) {
  TestModel few;
  few.node("Conv", "a", {"x"});
  EXPECT_THAT(few.error(), StartsWith("m.onnx: node 'a' (Conv): 1 input, where it takes 2 to 3"));
  TestModel many;
  many.node("Relu", "a", {"x", "x"});
  EXPECT_THAT(many.error(), StartsWith("m.onnx: node 'a' (Relu): 2 inputs, where it takes 1 to 1"));
  TestModel none;
  none.node("Relu", "a", {"x"}).clear_output();
  EXPECT_THAT(none.error(), StartsWith("m.onnx: node 'a' (Relu): it has no output"));
  TestModel indices;
  indices.node("Relu", "a", {"x"}).add_output("indices");
  EXPECT_THAT(indices.error(), StartsWith("m.onnx: node 'a' (Relu): its output 2 ('indices') is not supported"));
}

TEST(RefuseOnnx, DimensionsThatCannotBe) {
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t dim : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40, kHuge}) {
    TestModel input({1, 2, dim, 5});
    input.node("Relu", "a", {"x"});
    EXPECT_THAT(input.error(), StartsWith("m.onnx: input 'x': impossible dimensions 1x2x" + std::to_string(dim) + "x5"))
        << dim;
    if (dim == 0) continue;  // a constant may be empty
    TestModel weight;
    weight.floats("w", {2, dim, 2}, {1});
    weight.node("Relu", "a", {"x"});
    EXPECT_THAT(weight.error(),
                StartsWith("m.onnx: initializer 'w': impossible dimensions 2x" + std::to_string(dim) + "x2"))
        << dim;
  }
  TestModel open;
  open.node("Relu", "a", {"x"});
  open.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(2)->set_dim_param(
      "height");
  EXPECT_EQ(
      open.error(),
      "m.onnx: input 'x': dimension 2 is open; export the model with a fixed input size; only the batch may be open");
}

/// The error of a node that reads the image and these integers, in a file of a few bytes.
std::string error_of(const std::string& type, std::initializer_list<const char*> inputs, const std::vector<std::int64_t>& integers) {
  TestModel model;
  onnx::TensorProto& tensor = model.initializer("n", {static_cast<std::int64_t>(integers.size())}, onnx::TensorProto::INT64);
  for (const std::int64_t value : integers) tensor.add_int64_data(value);
  model.node(type, "a", inputs);
  return model.error();
}

TEST(RefuseOnnx, TerabytesThatAFewBytesAskFor) {
  constexpr std::int64_t kMany = std::int64_t{1} << 20;
  EXPECT_THAT(error_of("ConstantOfShape", {"n"}, {kMany, kMany}),
              StartsWith("m.onnx: node 'a' (ConstantOfShape): it would compute a constant of 1048576x1048576"));
  EXPECT_THAT(error_of("Expand", {"x", "n"}, {kMany, kMany, 5, 5}), StartsWith("m.onnx: node 'a' (Expand): shape 1048576x1048576x5x5"));
  EXPECT_THAT(error_of("Tile", {"x", "n"}, {kMany, kMany, 1, 1}),
              StartsWith("m.onnx: node 'a' (Tile): its output would have dimensions 1048576x2097152x5x5"));
  EXPECT_THAT(error_of("Pad", {"x", "n"}, {0, 0, 0, kMany, 0, 0, kMany, 0}),
              StartsWith("m.onnx: node 'a' (Pad): its output would have dimensions 1x2x1048581x1048581"));
  EXPECT_THAT(error_of("Reshape", {"x", "n"}, {kMany, kMany, -1}), StartsWith("m.onnx: node 'a' (Reshape): "));
}

TEST(RefuseOnnx, ConstantsThatTakeTooLongToCompute) {
  TestModel model;
  model.initializer("n", {1}, onnx::TensorProto::INT64).add_int64_data(1 << 24);
  model.node("ConstantOfShape", "c0", {"n"});
  for (int i = 1; i <= 10; ++i) model.node("Neg", "c" + std::to_string(i), {("c" + std::to_string(i - 1)).c_str()});
  model.node("Add", "a", {"x", "c10"});
  EXPECT_EQ(model.error(), "m.onnx: node 'c2' (Neg): it is a constant of 16777216, too much to compute while reading; "
                           "store it in the file, or compute it from the image");
}

TEST(RefuseOnnx, DataThatDoNotFitTheirDimensions) {
  TestModel typed;
  typed.floats("w", {2, 3}, {1, 2});
  typed.node("Relu", "a", {"x"});
  EXPECT_THAT(typed.error(), StartsWith("m.onnx: initializer 'w': 2 elements where the dimensions ask for 6"));
  TestModel raw;
  raw.initializer("w", {1024, 1024, 1024}, onnx::TensorProto::FLOAT).set_raw_data("1234");
  raw.node("Relu", "a", {"x"});
  EXPECT_THAT(raw.error(), StartsWith("m.onnx: initializer 'w': 4 bytes where the dimensions ask for 4294967296"));
  TestModel range;
  range.integers("w", {1, 2, 5, 5}, onnx::TensorProto::INT8, std::vector<int>(50, 128));
  range.floats("s", {}, {1});
  range.node("DequantizeLinear", "a", {"w", "s"});
  EXPECT_THAT(range.error(), StartsWith("m.onnx: initializer 'w': element 0 is 128, outside int8"));
}

TEST(RefuseOnnx, TypesAndPlacesOfDataThatAreNotSupported) {
  TestModel text;
  text.initializer("w", {1}, onnx::TensorProto::STRING).add_string_data("12");
  text.node("Relu", "a", {"x"});
  EXPECT_THAT(text.error(), StartsWith("m.onnx: initializer 'w': element type STRING; supported: floats and integers of 8 to 64 bits"));
  TestModel unknown;
  unknown.initializer("w", {1}, 1234);
  unknown.node("Relu", "a", {"x"});
  EXPECT_THAT(unknown.error(), StartsWith("m.onnx: initializer 'w': element type 1234"));
  TestModel segment;
  segment.initializer("w", {1}, onnx::TensorProto::FLOAT).mutable_segment()->set_end(1);
  segment.node("Relu", "a", {"x"});
  EXPECT_THAT(segment.error(), StartsWith("m.onnx: initializer 'w': it is cut into segments"));
  TestModel cast;
  set(cast.node("Cast", "a", {"x"}), "to", std::int64_t{1234});
  EXPECT_THAT(cast.error(), StartsWith("m.onnx: node 'a' (Cast): "));
  TestModel input;
  input.node("Relu", "a", {"x"});
  input.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::INT64);
  EXPECT_THAT(input.error(), StartsWith("m.onnx: node 'a' (Relu): the model's input 'x' is neither floats nor 8-bit integers"));
}

TEST(RefuseOnnx, OpsetsItDoesNotKnow) {
  TestModel model;
  model.node("Relu", "a", {"x"});
  for (const std::int64_t version : {std::int64_t{0}, std::int64_t{99}, std::numeric_limits<std::int64_t>::min()}) {
    model.proto.mutable_opset_import(0)->set_version(version);
    EXPECT_THAT(model.error(),
                StartsWith("m.onnx: opset " + std::to_string(version) + " is not supported; supported: 1 to 21"));
  }
  model.proto.clear_opset_import();
  EXPECT_THAT(model.error(), StartsWith("m.onnx: no opset"));
}

/// The error of a 1-to-1-channel 3x3 convolution with one more attribute.
template <class... T>
std::string conv_error(const std::string& attribute, const T&... value) {
  TestModel model({1, 1, 5, 5});
  model.floats("w", {1, 1, 3, 3}, std::vector<float>(9, 1.0f));
  set(model.node("Conv", "a", {"x", "w"}), attribute, value...);
  return model.error();
}

TEST(RefuseOnnx, AttributesOutsideTheirMeaning) {
  using List = std::initializer_list<std::int64_t>;
  EXPECT_EQ(conv_error("pads", List{-1, 0, 0, 0}), "m.onnx: node 'a' (Conv): pads holds -1; supported: 0 to 65536");
  EXPECT_THAT(conv_error("pads", List{1, 1}), HasSubstr("pads has 2 entries, not 4"));
  EXPECT_THAT(conv_error("strides", List{0, 1}), HasSubstr("strides holds 0; supported: 1 to 65536"));
  EXPECT_THAT(conv_error("strides", std::int64_t{1}), HasSubstr("attribute 'strides' is not of type INTS"));
  EXPECT_THAT(conv_error("dilations", List{std::int64_t{1} << 60, 1}),
              HasSubstr("dilations holds 1152921504606846976"));
  EXPECT_THAT(conv_error("dilations", List{65536, 1}), HasSubstr("exceeds the padded input's 5"));
  EXPECT_THAT(conv_error("kernel_shape", List{5, 5}), HasSubstr("kernel_shape 5x5 beside weights 1x1x3x3"));
  EXPECT_THAT(conv_error("group", std::int64_t{0}), HasSubstr("group = 0"));
  EXPECT_THAT(conv_error("group", std::int64_t{1} << 40), HasSubstr("group = 1099511627776"));
  EXPECT_THAT(conv_error("auto_pad", "SOMEHOW"), HasSubstr("auto_pad holds an unknown mode"));
  EXPECT_EQ(conv_error("colour", std::int64_t{3}), "m.onnx: node 'a' (Conv): attribute 'colour' is not supported");
}

TEST(RefuseOnnx, AttributesThatChangeTheMeaningOfAnOperator) {
  TestModel flatten;
  set(flatten.node("Flatten", "a", {"x"}), "axis", std::int64_t{5});
  EXPECT_THAT(flatten.error(), HasSubstr("axis 5 of 1x2x5x5"));
  TestModel training;
  training.floats("c", {2}, {1, 1});
  onnx::NodeProto& batch_norm = training.node("BatchNormalization", "a", {"x", "c", "c", "c", "c"});
  training.proto.mutable_opset_import(0)->set_version(6);
  EXPECT_THAT(training.error(), HasSubstr("is_test = 0: it normalizes by the batch that it sees; export the model for inference"));
  training.proto.mutable_opset_import(0)->set_version(9);
  batch_norm.add_output("batch_mean");
  EXPECT_THAT(training.error(), HasSubstr("its output 2 ('batch_mean') is not supported"));
}

TEST(RefuseOnnx, AxesAndSizesThatATensorDoesNotHave) {
  TestModel reduce, norm, top, hot, grown, fit, negative;
  set(reduce.node("ReduceMean", "a", {"x"}), "axes", {4});
  EXPECT_EQ(reduce.error(), "m.onnx: node 'a' (ReduceMean): axis 4 of a tensor with 4 axes; choose one that it has");
  set(norm.node("LRN", "a", {"x"}), "size", std::int64_t{0});
  EXPECT_THAT(norm.error(), HasSubstr("size = 0; supported: 1 to 65536 channels"));
  top.initializer("k", {1}, onnx::TensorProto::INT64).add_int64_data(6);
  top.node("TopK", "a", {"x", "k"});
  EXPECT_THAT(top.error(), HasSubstr("k = 6 of 5 elements (axis 3 of 1x2x5x5)"));
  hot.initializer("depth", {1}, onnx::TensorProto::INT64).add_int64_data(3);
  hot.initializer("values", {2}, onnx::TensorProto::INT64).mutable_int64_data()->Resize(2, std::numeric_limits<std::int64_t>::max());
  hot.node("OneHot", "a", {"x", "depth", "values"});
  EXPECT_THAT(hot.error(), HasSubstr("node 'a' (OneHot): a value 9.22"));
  grown.proto.mutable_opset_import(0)->set_version(18);
  onnx::TensorProto& sizes = grown.initializer("sizes", {4}, onnx::TensorProto::INT64);
  for (const std::int64_t size : {std::int64_t{1}, std::int64_t{2}, std::int64_t{5}, std::int64_t{1} << 62}) sizes.add_int64_data(size);
  set(grown.node("Resize", "a", {"x", "", "", "sizes"}), "keep_aspect_ratio_policy", "not_smaller");
  EXPECT_THAT(grown.error(), HasSubstr("node 'a' (Resize): resizes axis 0 from 1 to 0"));
  fit.floats("w", {2, 1, 3, 3}, std::vector<float>(18, 1.0f));
  set(fit.node("ConvTranspose", "a", {"x", "w"}), "output_shape", {1 << 20, 7});
  EXPECT_THAT(fit.error(), HasSubstr("output_shape 1048576 where the kernel and strides make 7; ask for a size near that"));
  negative.floats("w", {2, 1, 3, 3}, std::vector<float>(18, 1.0f));
  set(negative.node("ConvTranspose", "a", {"x", "w"}), "output_shape", {std::numeric_limits<std::int64_t>::min(), 7});
  EXPECT_THAT(negative.error(), HasSubstr("output_shape -9223372036854775808 where the kernel and strides make 7"));
}

TEST(RefuseOnnx, TensorsOfMoreAxesThanAnyNetworkHas) {
  TestModel constant, reshape;
  onnx::TensorProto& w = constant.floats("w", {}, {1});
  onnx::TensorProto& shape = reshape.initializer("shape", {65}, onnx::TensorProto::INT64);
  for (int i = 0; i < 65; ++i) {
    w.add_dims(1);
    shape.add_int64_data(i == 0 ? 50 : 1);
  }
  constant.node("Add", "a", {"x", "w"});
  reshape.node("Reshape", "a", {"x", "shape"});
  EXPECT_EQ(constant.error(), "m.onnx: constant 'w': a tensor with 65 axes; use at most 64");
  EXPECT_EQ(reshape.error(), "m.onnx: node 'a' (Reshape): a tensor with 65 axes; use at most 64");
}

TEST(RefuseOnnx, MatricesThatAreNotOfFloats) {
  TestModel model({1, 2});
  model.initializer("w", {2, 1}, onnx::TensorProto::INT64).mutable_int64_data()->Resize(2, 3);
  model.node("Gemm", "a", {"x", "w"});
  EXPECT_THAT(model.error(), StartsWith("m.onnx: node 'a' (Gemm): operand 'weights' is int64, not float32"));
}

TEST(RefuseOnnx, AQuantizedProductOfWhatIsNoMatrix) {
  TestModel model({1, 2});
  onnx::OperatorSetIdProto& domain = *model.proto.add_opset_import();
  domain.set_domain("com.microsoft");
  domain.set_version(1);
  model.floats("s", {}, {1});
  model.integers("z", {}, onnx::TensorProto::UINT8, {0});
  model.integers("w", {2}, onnx::TensorProto::UINT8, {1, 2});
  model.node("QuantizeLinear", "q", {"x", "s", "z"});
  model.node("QGemm", "a", {"q", "s", "z", "w", "s", "z"}).set_domain("com.microsoft");
  EXPECT_EQ(model.error(), "m.onnx: node 'a' (QGemm): weights B have shape 2; give a matrix");
}

TEST(RefuseOnnx, QuantizationThatHasNoMeaningHere) {
  TestModel computed;
  computed.node("QuantizeLinear", "a", {"x", "x"});
  EXPECT_THAT(computed.error(), HasSubstr("the scale ('x') is not a constant"));
  TestModel negative;
  negative.floats("s", {}, {-1});
  negative.node("QuantizeLinear", "a", {"x", "s"});
  EXPECT_THAT(negative.error(), HasSubstr("quantization scale -1"));
  TestModel two;
  two.floats("s", {}, {1});
  two.floats("t", {}, {2});
  two.node("QuantizeLinear", "q", {"x", "s"});
  two.node("DequantizeLinear", "a", {"q", "t"});
  EXPECT_THAT(two.error(), HasSubstr("scale or zero point differ from those that its input was quantized with"));
  TestModel uneven;
  uneven.floats("s", {2}, {1, 1});
  uneven.integers("z", {3}, onnx::TensorProto::INT8, {0, 1, 2});
  uneven.node("QuantizeLinear", "a", {"x", "s", "z"});
  EXPECT_THAT(uneven.error(), HasSubstr("the zero point is not one integer per scale"));
  TestModel empty;
  empty.floats("s", {0}, {});
  empty.integers("z", {0}, onnx::TensorProto::INT8, {});
  empty.node("QuantizeLinear", "a", {"x", "s", "z"});
  EXPECT_THAT(empty.error(), HasSubstr("the scale is not float32, one or a list"));
  TestModel wide;
  wide.floats("s", {}, {1});
  wide.integers("z", {}, onnx::TensorProto::INT32, {0});
  wide.node("QuantizeLinear", "a", {"x", "s", "z"});
  EXPECT_THAT(wide.error(), HasSubstr("quantizes to int32; supported: integers of 4, 8 and 16 bits"));
}

TEST(RefuseOnnx, MetadataThatIsNotOurs) {
  const auto error = [](const char* key, const char* value) {
    TestModel model;
    model.node("Relu", "y", {"x"});
    onnx::StringStringEntryProto& entry = *model.proto.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
    return model.error();
  };
  EXPECT_EQ(error("author", "{"), "no error");
  for (const char* bad : {"", "{", "[]", "{\"range\": [0, 1]}", "{\"range\": [0, \"a\"], \"mean\": [], \"std\": []}"})
    EXPECT_THAT(error("bitloom.preprocessing", bad),
                StartsWith("m.onnx: metadata 'bitloom.preprocessing' is not the JSON"))
        << bad;
  EXPECT_THAT(error("bitloom.preprocessing", R"({"range": [0, 1], "mean": [1], "std": []})"),
              HasSubstr("does not fit the input"));
  EXPECT_THAT(error("bitloom.preprocessing", R"({"range": [0, 1], "mean": [], "std": [0, 1]})"),
              HasSubstr("does not fit the input"));
  EXPECT_THAT(error("bitloom.class_names", "[1]"),
              StartsWith("m.onnx: metadata 'bitloom.class_names' is not the JSON"));
}

TEST(RefuseOnnx, ADeclaredOutputShapeThatItsNodesDoNotMake) {
  TestModel model;
  model.node("Relu", "y", {"x"});
  *model.graph().mutable_output(0)->mutable_type() = model.graph().input(0).type();
  EXPECT_EQ(model.error(), "no error");
  model.graph()
      .mutable_output(0)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(2)
      ->set_dim_value(7);
  EXPECT_THAT(model.error(),
              StartsWith("m.onnx: output 'y': declared with another shape than its nodes make, 1x2x5x5"));
}

TEST(RefuseOnnx, NamesWithLineBreaksDoNotBreakTheLine) {
  TestModel model;
  model.node("Relu", "two\nlines", {"nowhere\n"});
  EXPECT_EQ(model.error().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace bitloom::onnx_format
