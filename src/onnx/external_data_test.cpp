#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/test_folder.h"
#include "onnx/test_models.h"

// Elements in a file beside the model, and places that no model may name.
namespace bitloom::onnx_format {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// Three floats, 1, 2 and 3, as a file has them.
std::string three_floats() {
  const float values[] = {1, 2, 3};
  return {reinterpret_cast<const char*>(values), sizeof(values)};
}

/// x + w, with w of three floats in a file that `entries` name.
TestModel model_with(std::initializer_list<std::pair<const char*, std::string>> entries) {
  TestModel model({1, 3});
  onnx::TensorProto& tensor = model.initializer("w", {3}, onnx::TensorProto::FLOAT);
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  for (const auto& [key, value] : entries) {
    onnx::StringStringEntryProto& entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }
  model.node("Add", "y", {"x", "w"});
  return model;
}

class ExternalDataTest : public testing::Test {
 protected:
  ExternalDataTest() {
    make_directories(folder_ / "models");
    write_file(folder_ / "models/w.bin", "1234" + three_floats() + "56");
    write_file(folder_ / "outside.bin", three_floats());
  }

  Graph read(const TestModel& model) const { return from_bytes(model.proto.SerializeAsString(), (folder_ / "models/m.onnx").string()); }

  std::string error(const TestModel& model) const {
    try {
      read(model);
    } catch (const InputError& failed) {
      return failed.what();
    }
    return "no error";
  }
  std::string error(std::initializer_list<std::pair<const char*, std::string>> entries) const { return error(model_with(entries)); }

  const TestFolder scratch_;
  const fs::path folder_ = scratch_.path();
};

TEST_F(ExternalDataTest, IsReadFromItsOffsetOn) {
  const Graph graph = read(model_with({{"location", "w.bin"}, {"offset", "4"}, {"length", "12"}, {"checksum", "of no interest"}}));
  EXPECT_THAT(graph.constants().at(0)->constant().floats(), testing::ElementsAre(1, 2, 3));
}

TEST_F(ExternalDataTest, WithoutALengthReachesToTheEndOfTheFile) {
  write_file(folder_ / "models/exact.bin", three_floats());
  EXPECT_THAT(read(model_with({{"location", "./exact.bin"}})).constants().at(0)->constant().floats(), testing::ElementsAre(1, 2, 3));
  EXPECT_THAT(error({{"location", "w.bin"}}), HasSubstr("m.onnx: initializer 'w': 18 bytes where the dimensions ask for 12"));
}

TEST_F(ExternalDataTest, IsReadForConstantNodesToo) {
  TestModel model = model_with({{"location", "w.bin"}, {"offset", "4"}, {"length", "12"}});
  onnx::NodeProto constant;
  constant.set_op_type("Constant");
  constant.add_output("w");
  onnx::AttributeProto& value = *constant.add_attribute();
  value.set_name("value");
  value.set_type(onnx::AttributeProto::TENSOR);
  *value.mutable_t() = model.graph().initializer(0);
  model.graph().clear_initializer();
  *model.graph().add_node() = constant;
  model.graph().mutable_node()->SwapElements(0, 1);
  EXPECT_THAT(read(model).constants().at(0)->constant().floats(), testing::ElementsAre(1, 2, 3));
}

TEST_F(ExternalDataTest, OutsideTheModelsFolderIsRefused) {
  fs::create_symlink("../outside.bin", folder_ / "models/link.bin");
  fs::create_directory_symlink("..", folder_ / "models/up");
  for (const std::string& location : {std::string("../outside.bin"), (folder_ / "outside.bin").string(), std::string("a/../../outside.bin"),
                                      std::string("link.bin"), std::string("up/outside.bin"), std::string("w.bin\0", 6)})
    EXPECT_THAT(error({{"location", location}}), HasSubstr("m.onnx: initializer 'w': its data lie in '")) << location;
  EXPECT_THAT(error({{"location", "../outside.bin"}}), HasSubstr("'../outside.bin', outside the model's folder; put that file beside the model"));
}

TEST_F(ExternalDataTest, ALinkInsideTheFolderIsFollowed) {
  write_file(folder_ / "models/exact.bin", three_floats());
  fs::create_symlink("exact.bin", folder_ / "models/link.bin");
  EXPECT_EQ(error({{"location", "link.bin"}}), "no error");
}

TEST_F(ExternalDataTest, ThatIsMissingOrNoFileIsRefused) {
  EXPECT_THAT(error({{"location", "gone.bin"}}), HasSubstr("initializer 'w': its data file 'gone.bin' cannot be read: No such file or directory"));
  EXPECT_THAT(error({{"location", "."}}), HasSubstr("is not a file of bytes"));
  ASSERT_EQ(mkfifo((folder_ / "models/pipe").c_str(), 0600), 0);
  EXPECT_THAT(error({{"location", "pipe"}}), HasSubstr("its data file 'pipe' is not a file of bytes"));
}

TEST_F(ExternalDataTest, BeyondTheEndOfTheFileIsRefused) {
  EXPECT_THAT(error({{"location", "w.bin"}, {"offset", "8"}, {"length", "12"}}),
              HasSubstr("initializer 'w': its data, 12 bytes from 8 on, lie beyond the end of 'w.bin' (18 bytes)"));
  EXPECT_THAT(error({{"location", "w.bin"}, {"offset", "19"}}), HasSubstr("0 bytes from 19 on, lie beyond the end"));
  const std::string huge = "9223372036854775807";
  EXPECT_THAT(error({{"location", "w.bin"}, {"offset", huge}, {"length", huge}}), HasSubstr("lie beyond the end"));
  EXPECT_THAT(error({{"location", "w.bin"}, {"length", huge}}), HasSubstr("lie beyond the end"));
}

TEST_F(ExternalDataTest, OfAnotherLengthThanTheDimensionsIsRefused) {
  EXPECT_THAT(error({{"location", "w.bin"}, {"length", "8"}}), HasSubstr("initializer 'w': 8 bytes where the dimensions ask for 12"));
}

TEST_F(ExternalDataTest, WithEntriesThatSayNoPlaceIsRefused) {
  EXPECT_THAT(error({{"offset", "4"}}), HasSubstr("initializer 'w': its external data have no location"));
  for (const char* number : {"-4", "four", "4 ", "", "18446744073709551616"})
    EXPECT_THAT(error({{"location", "w.bin"}, {"offset", number}}), HasSubstr("of its external data is not a number of bytes")) << number;
  EXPECT_THAT(error({{"location", "w.bin"}, {"password", "x"}}), HasSubstr("'password' of its external data is not known"));
  TestModel both = model_with({{"location", "w.bin"}});
  both.graph().mutable_initializer(0)->set_raw_data(three_floats());
  EXPECT_THAT(error(both), HasSubstr("initializer 'w': it holds data, and names a file for them"));
}

TEST_F(ExternalDataTest, TakenManyTimesByASmallModelIsRefused) {
  TestModel model = model_with({{"location", "w.bin"}, {"offset", "4"}, {"length", "12"}});
  for (int copy = 0; copy < 100; ++copy) {
    const onnx::TensorProto tensor = model.graph().initializer(0);
    *model.graph().add_initializer() = tensor;
    model.graph().mutable_initializer()->rbegin()->set_name("w" + std::to_string(copy));
  }
  EXPECT_THAT(error(model), HasSubstr("initializer 'w0': the tensors in 'w.bin' are 24 bytes up to this one, the file holds 18"));
}

}  // namespace
}  // namespace bitloom::onnx_format
