#include "test/blocks.h"

namespace bitloom::rtl {
namespace {

Case table(std::string name, std::int64_t lanes, std::int64_t in, bool is_signed, std::int64_t out, bool synthesized = false) {
  const std::string file = "lookup_table_" + name + ".hex";
  return {std::move(name),
          {{"Lanes", lanes}, {"InWidth", in}, {"Signed", std::int64_t{is_signed}}, {"OutWidth", out}, {"TableFile", file}},
          synthesized};
}

Elements entries(const Case& c) { return random_elements(std::int64_t{1} << c.at("InWidth"), static_cast<int>(c.at("OutWidth")), 5); }

}  // namespace

Block lookup_table_block() {
  return {
      .name = "lookup_table",
      .sources = {"lookup_table/lookup_table.sv"},
      .input = [](const Case& c) { return Beat{c.at("Lanes"), static_cast<int>(c.at("InWidth"))}; },
      .output = [](const Case& c) { return Beat{c.at("Lanes"), static_cast<int>(c.at("OutWidth"))}; },
      .frame = [](const Case& c) { return c.at("Lanes"); },
      .model =
          [](const Case& c, const Elements& input) {
            const Elements table_entries = entries(c);
            const int width = static_cast<int>(c.at("InWidth"));
            const std::int64_t smallest = c.at("Signed") != 0 ? -(std::int64_t{1} << (width - 1)) : 0;
            Elements out;
            for (const std::uint64_t x : input) {
              out.push_back(table_entries[static_cast<std::size_t>(value_of(x, width, c.at("Signed") != 0) - smallest)]);
            }
            return out;
          },
      .memories = [](const Case& c) -> std::vector<MemoryFile> {
        return {{"lookup_table_" + c.name + ".hex", hex_words(entries(c), 1, static_cast<int>(c.at("OutWidth")))}};
      },
      .cases = {table("Signed", 1, 8, true, 8, true), table("UnsignedLanes", 3, 8, false, 5), table("Nibbles", 2, 4, true, 4, true),
                table("Bits", 1, 1, false, 7)},
  };
}

}  // namespace bitloom::rtl
