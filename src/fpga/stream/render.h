#pragma once

#include <map>
#include <string>
#include <string_view>

namespace bitloom::fpga {

/// Fills a template: every `@name@` becomes values["name"].
/// @throws std::logic_error for a placeholder without a value and for a value without a placeholder: template and code disagree
std::string render(std::string_view text, const std::map<std::string, std::string>& values);

}  // namespace bitloom::fpga
