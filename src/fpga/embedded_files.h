#pragma once

#include <string_view>
#include <vector>

namespace bitloom::fpga {

/// A file of the source tree that travels inside the program: the rtl/ blocks ("rtl/skid_buffer.sv") and the generators' templates
/// ("templates/stream_top.sv.in"). CMakeLists.txt lists them, embed_files.cmake makes the table.
struct EmbeddedFile {
  std::string_view name, text;
};
extern const EmbeddedFile kEmbeddedFiles[];
extern const int kEmbeddedFileCount;

/// Text of an embedded file; it must be there (assert).
std::string_view embedded_file(std::string_view name);

/// Source files of the blocks and of every block that they instantiate, each before the ones that use it.
std::vector<EmbeddedFile> rtl_sources(const std::vector<std::string_view>& blocks);

}  // namespace bitloom::fpga
