#include "ir/ops/op_test_support.h"
#include "ir/ops/quantization.h"

namespace bitloom {
namespace {

using namespace op_test;
using testing::ElementsAre;
using testing::HasSubstr;

LookupTable table(std::vector<std::int32_t> entries) {
  LookupTable op;
  op.table = std::move(entries);
  op.quantization = {{1}, 0, -1};
  return op;
}

TEST(LookupTable, ItsFirstEntryBelongsToTheSmallestInput) {
  EXPECT_THAT(integers_of(run(table({40, 30, 20, 10}), {Tensor(integers({4}, ElementType::integer(2, true)), {-2, -1, 0, 1})})),
              ElementsAre(40, 30, 20, 10));
  EXPECT_THAT(integers_of(run(table({40, 30, 20, 10}), {Tensor(integers({4}, ElementType::integer(2, false)), {3, 2, 1, 0})})),
              ElementsAre(10, 20, 30, 40));
}

TEST(LookupTable, RefusesAnotherNumberOfEntriesAndEntriesOutsideItsType) {
  const TensorType x = integers({4}, ElementType::integer(2, true));
  EXPECT_EQ(refusal(table({1, 2, 3}), {x}), "test: node 'node' (LookupTable): 3 entries for an input int2; give 4");
  EXPECT_THAT(refusal(table({1, 2, 3, 128}), {x}), HasSubstr("entry 128 lies outside int8"));
  EXPECT_THAT(refusal(table({}), {integers({4}, ElementType::int32())}), HasSubstr("input is int32; requantize it to at most 16 bits"));
}

}  // namespace
}  // namespace bitloom
