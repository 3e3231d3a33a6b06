#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <set>
#include <string>

#include "base/file.h"
#include "onnx/operator.h"

namespace bitloom::onnx_format {
namespace {

/// The words in backticks of lines that hold nothing else: docs/onnx.md's lists.
std::multiset<std::string> documented() {
  const char* source = std::getenv("BITLOOM_SOURCE_DIR");
  const std::string text = read_file(std::string(source ? source : ".") + "/docs/onnx.md");
  static const std::regex list_line(R"((^|\n)(`\w+`( `\w+`)*)(?=\n))"), word(R"(`(\w+)`)");
  std::multiset<std::string> names;
  for (std::sregex_iterator line(text.begin(), text.end(), list_line), end; line != end; ++line) {
    const std::string words = (*line)[2];
    for (std::sregex_iterator name(words.begin(), words.end(), word); name != end; ++name) names.insert((*name)[1]);
  }
  return names;
}

TEST(OperatorList, OfTheDocumentationIsTheTables) {
  std::multiset<std::string> names;
  for (const std::string& name : operator_names()) names.insert(name.substr(name.find("::") == std::string::npos ? 0 : name.find("::") + 2));
  EXPECT_EQ(documented(), names);
}

}  // namespace
}  // namespace bitloom::onnx_format
