#include "fpga/stream/render.h"

#include <regex>
#include <set>
#include <stdexcept>

namespace bitloom::fpga {

std::string render(std::string_view text, const std::map<std::string, std::string>& values) {
  static const std::regex placeholder("@([a-z][a-z0-9_]*)@");
  std::string result;
  std::set<std::string> used;
  auto position = text.begin();
  for (std::regex_iterator<std::string_view::const_iterator> it(text.begin(), text.end(), placeholder), end; it != end; ++it) {
    const std::string name = (*it)[1];
    const auto value = values.find(name);
    if (value == values.end()) throw std::logic_error("template: placeholder '" + name + "' has no value");
    result.append(position, (*it)[0].first).append(value->second);
    position = (*it)[0].second;
    used.insert(name);
  }
  result.append(position, text.end());
  for (const auto& [name, value] : values)
    if (!used.contains(name)) throw std::logic_error("template: value '" + name + "' has no placeholder");
  return result;
}

}  // namespace bitloom::fpga
