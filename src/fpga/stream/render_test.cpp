#include "fpga/stream/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace bitloom::fpga {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Render, PutsEachValueWhereItsPlaceholderStands) {
  EXPECT_EQ(render("module @name@; // @name@ @(posedge clk) @width@\n", {{"name", "top"}, {"width", "8"}}),
            "module top; // top @(posedge clk) 8\n");
}

TEST(Render, AValueIsNotSearchedForPlaceholders) { EXPECT_EQ(render("@a@@b@", {{"a", "@b@"}, {"b", "x"}}), "@b@x"); }

TEST(Render, RefusesAPlaceholderWithoutAValueAndAValueWithoutAPlaceholder) {
  EXPECT_THAT([] { render("@a@ @b@", {{"a", "1"}}); }, ThrowsMessage<std::logic_error>(HasSubstr("'b' has no value")));
  EXPECT_THAT([] { render("@a@", {{"a", "1"}, {"b", "2"}}); }, ThrowsMessage<std::logic_error>(HasSubstr("'b' has no placeholder")));
}

}  // namespace
}  // namespace bitloom::fpga
