#include "test/blocks.h"

#include <numeric>

namespace bitloom::rtl {
namespace {

Case lanes(std::string name, std::int64_t in, std::int64_t out, std::int64_t width, bool synthesized = false) {
  return {std::move(name), {{"ElementWidth", width}, {"InLanes", in}, {"OutLanes", out}}, synthesized};
}

}  // namespace

Block width_converter_block() {
  return {
      .name = "width_converter",
      .sources = {"width_converter/width_converter.sv"},
      .input = [](const Case& c) { return Beat{c.at("InLanes"), static_cast<int>(c.at("ElementWidth"))}; },
      .output = [](const Case& c) { return Beat{c.at("OutLanes"), static_cast<int>(c.at("ElementWidth"))}; },
      .frame = [](const Case& c) { return std::lcm(c.at("InLanes"), c.at("OutLanes")); },
      .model = [](const Case&, const Elements& input) { return input; },
      .memories = no_memories,
      .cases = {lanes("Wires", 3, 3, 5), lanes("OneToFour", 1, 4, 8, true), lanes("TwoToSix", 2, 6, 3), lanes("FourToOne", 4, 1, 8, true),
                lanes("NineToThree", 9, 3, 4), lanes("TwoToThree", 2, 3, 8, true), lanes("ThreeToTwo", 3, 2, 8),
                lanes("SixToFour", 6, 4, 8, true), lanes("FiveToSeven", 5, 7, 1), lanes("SevenToFive", 7, 5, 2)},
  };
}

}  // namespace bitloom::rtl
