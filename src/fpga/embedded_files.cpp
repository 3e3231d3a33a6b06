#include "fpga/embedded_files.h"

#include <algorithm>
#include <cassert>
#include <regex>
#include <string>

namespace bitloom::fpga {
namespace {

const EmbeddedFile* find(std::string_view name) {
  const auto* end = kEmbeddedFiles + kEmbeddedFileCount;
  const auto* found = std::find_if(kEmbeddedFiles, end, [&](const EmbeddedFile& file) { return file.name == name; });
  return found == end ? nullptr : found;
}

std::string source_name(std::string_view block) { return "rtl/" + std::string(block) + ".sv"; }

/// Names at the start of a line that are followed by "#(" or "instance (": candidates for modules that the source instantiates.
std::vector<std::string> instantiated(std::string_view source) {
  static const std::regex pattern(R"((?:^|\n)\s*(\w+)\s+(?:#\s*\(|\w+\s*\())");
  std::vector<std::string> names;
  for (std::regex_iterator<std::string_view::const_iterator> it(source.begin(), source.end(), pattern), end; it != end; ++it)
    names.push_back((*it)[1]);
  return names;
}

void add_with_dependencies(std::string_view block, std::vector<EmbeddedFile>& sources) {
  const EmbeddedFile* file = find(source_name(block));
  assert(file != nullptr);
  const auto known = [&](const EmbeddedFile& other) { return other.name == file->name; };
  if (std::any_of(sources.begin(), sources.end(), known)) return;
  for (const std::string& name : instantiated(file->text))
    if (name != block && find(source_name(name))) add_with_dependencies(name, sources);
  sources.push_back(*file);
}

}  // namespace

std::string_view embedded_file(std::string_view name) {
  const EmbeddedFile* file = find(name);
  assert(file != nullptr);
  return file->text;
}

std::vector<EmbeddedFile> rtl_sources(const std::vector<std::string_view>& blocks) {
  std::vector<EmbeddedFile> sources;
  for (const std::string_view block : blocks) add_with_dependencies(block, sources);
  return sources;
}

}  // namespace bitloom::fpga
