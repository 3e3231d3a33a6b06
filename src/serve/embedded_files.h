#pragma once

#include <string_view>

namespace bitloom::serve {

/// A file of page/ that travels inside the program. CMakeLists.txt lists them, cmake/embed_files.cmake makes the table.
struct EmbeddedFile {
  std::string_view name, text;
};
extern const EmbeddedFile kEmbeddedFiles[];
extern const int kEmbeddedFileCount;

}  // namespace bitloom::serve
