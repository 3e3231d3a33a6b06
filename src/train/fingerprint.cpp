#include "train/fingerprint.h"

#include <fmt/format.h>

#include "recipe/keys.h"

namespace bitloom::train {

void add_section(Fingerprint& fingerprint, std::string_view section, const Recipe& recipe) {
  for (const std::string& name : recipe::key_names(section))
    if (name != "threads" && name != "max_drop") fingerprint[fmt::format("{}.{}", section, name)] = recipe::value_text(recipe::find_key(section, name)->value, recipe);
}

}  // namespace bitloom::train
