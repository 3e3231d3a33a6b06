#include "train/fingerprint.h"

#include <fmt/format.h>

#include "recipe/keys.h"

namespace bitloom::train {

void add_key(Fingerprint& fingerprint, std::string_view section, std::string_view key, const Recipe& recipe) {
  fingerprint[fmt::format("{}.{}", section, key)] = recipe::value_text(recipe::find_key(section, key)->value, recipe);
}

void add_section(Fingerprint& fingerprint, std::string_view section, const Recipe& recipe) {
  for (const std::string& name : recipe::key_names(section))
    if (name != "threads" && name != "max_drop") add_key(fingerprint, section, name, recipe);
}

}  // namespace bitloom::train
