#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "recipe/keys.h"

namespace bitloom {
namespace {

using namespace recipe;

void emit_value(YAML::Emitter& out, const Key& key, const Recipe& recipe) {
  out << YAML::Key << std::string(key.name) << YAML::Value;
  if (const auto* numbers = std::get_if<Numbers>(&key.value)) {
    Recipe copy = recipe;
    out << YAML::Flow << numbers->of(copy);
    return;
  }
  const auto* map = std::get_if<LayerMap>(&key.value);
  if (!map) {
    out << scalar_text(key.value, recipe);
    return;
  }
  const std::vector<LayerMap::Entry> entries = map->entries(recipe);
  if (entries.empty()) out << YAML::Flow;  // {} on the key's own line
  out << YAML::BeginMap;
  for (const LayerMap::Entry& e : entries) {
    out << YAML::Key << e.layer << YAML::Value << YAML::Flow;
    YAML::Node value = YAML::Load(entry_text(*map, e));
    value.SetStyle(YAML::EmitterStyle::Flow);
    out << value;
  }
  out << YAML::EndMap;
}

/// "default 10; an integer from 1 to 100000"
std::string value_line(const Key& key) {
  const std::string fallback =
      std::holds_alternative<LayerMap>(key.value) ? "none" : scalar_text(key.value, Recipe{});
  return (key.required ? "required" : "default " + (fallback.empty() ? "empty" : fallback)) + "; " +
         describe(key.value);
}

}  // namespace

std::string to_yaml(const Recipe& recipe) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  for (const Key& key : all_keys())
    if (key.section.empty()) emit_value(out, key, recipe);
  for (const std::string& section : section_names()) {
    out << YAML::Key << section << YAML::Value << YAML::BeginMap;
    for (const Key& key : all_keys())
      if (key.section == section) emit_value(out, key, recipe);
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

std::string recipe_manual() {
  std::string text =
      "A recipe is a YAML file. On the command line, --set section.key=value overrides a key, --set key=value one "
      "without section.\n";
  std::string_view section;
  for (const Key& key : all_keys()) {
    if (key.section != section) text += fmt::format("\n{}:\n", key.section);
    section = key.section;
    const std::string indent = section.empty() ? "" : "  ";
    text += fmt::format("{}{}  ({})\n{}    {}\n", indent, key.name, value_line(key), indent, key.meaning);
  }
  return text;
}

}  // namespace bitloom
