#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/random.h"
#include "onnx/operator.h"
#include "onnx/random_graph.h"
#include "onnx/test_models.h"

// Models that chance has damaged, in their bytes or in what they say: they end in one line or in a graph. tests/fuzz does it by the million.
namespace bitloom::onnx_format {
namespace {

std::uint64_t test_seed() {
  const char* given = std::getenv("BITLOOM_TEST_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 5;
}

TEST(RefuseOnnx, DamagedFilesEndInOneLineOrInAGraph) {
  const std::uint64_t seed = test_seed();
  std::vector<std::string> models;
  for (std::uint64_t trial = 0; trial < 50; ++trial) models.push_back(to_bytes(random_graph(seed, trial)));
  int refused = 0;
  for (std::uint64_t trial = 0; trial < 2000; ++trial) {
    SCOPED_TRACE("BITLOOM_TEST_SEED=" + std::to_string(seed) + " trial " + std::to_string(trial));
    RandomStream random({seed, trial, 1});
    std::string bytes = models[trial % models.size()];
    if (random.below(4) == 0) bytes.resize(random.below(bytes.size()));
    for (std::uint64_t edits = random.below(6); edits > 0 && !bytes.empty(); --edits)
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(2) ? random.below(256) : random.below(4) * 85);
    const std::string error = TestModel::error_of_bytes(bytes);
    EXPECT_EQ(error.find('\n'), std::string::npos);
    refused += error != "no error";
  }
  EXPECT_GT(refused, 500);
}

/// One change that leaves a well-formed file with another, mostly senseless, meaning.
void distort(onnx::GraphProto& graph, RandomStream& random) {
  constexpr std::int64_t kNumbers[] = {
      -1, 0, 1, 2, 3, 7, 65536, std::int64_t{1} << 31, std::numeric_limits<std::int64_t>::max()};
  const auto any = [&](auto& list) {
    return list.Mutable(static_cast<int>(random.below(static_cast<std::uint64_t>(list.size()))));
  };
  const auto number = [&] { return kNumbers[random.below(std::size(kNumbers))]; };
  onnx::NodeProto& node = *any(*graph.mutable_node());
  onnx::NodeProto& other = *any(*graph.mutable_node());
  switch (random.below(8)) {
    case 0:
      node.add_input(other.output(0));
      return;
    case 1:
      if (node.input_size() > 0) *any(*node.mutable_input()) = other.output(0);
      return;
    case 2:
      if (node.input_size() > 0 && other.input_size() > 0) *any(*node.mutable_input()) = *any(*other.mutable_input());
      return;
    case 3:
      node.Swap(&other);
      return;
    case 4: {
      const std::vector<std::string> names = operator_names();
      node.set_op_type(names[random.below(names.size())]);
      return;
    }
    case 5:
      if (node.attribute_size() > 0) {
        onnx::AttributeProto& attribute = *any(*node.mutable_attribute());
        attribute.set_i(number());
        if (attribute.ints_size() > 0) *any(*attribute.mutable_ints()) = number();
      }
      return;
    case 6:
      if (graph.initializer_size() > 0) {
        onnx::TensorProto& tensor = *any(*graph.mutable_initializer());
        if (tensor.dims_size() > 0) *any(*tensor.mutable_dims()) = number();
      }
      return;
    default:
      if (graph.initializer_size() > 0) any(*graph.mutable_initializer())->Swap(any(*graph.mutable_initializer()));
  }
}

TEST(RefuseOnnx, SenselessModelsEndInOneLineOrInAGraph) {
  int refused = 0;
  for (std::uint64_t trial = 0; trial < 2000; ++trial) {
    SCOPED_TRACE("BITLOOM_TEST_SEED=" + std::to_string(test_seed()) + " trial " + std::to_string(trial));
    RandomStream random({test_seed(), trial, 2});
    onnx::ModelProto model;
    ASSERT_TRUE(model.ParseFromString(to_bytes(random_graph(test_seed(), trial % 50))));
    for (std::uint64_t changes = 1 + random.below(3); changes > 0; --changes) distort(*model.mutable_graph(), random);
    const std::string error = TestModel::error_of_bytes(model.SerializeAsString());
    EXPECT_EQ(error.find('\n'), std::string::npos);
    refused += error != "no error";
  }
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace bitloom::onnx_format
