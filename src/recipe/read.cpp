#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "recipe/keys.h"

namespace bitloom {
namespace {

using namespace recipe;

/// Where a piece of YAML came from: a file, whose errors carry a line, or one --set.
struct Source {
  std::string name;
  bool has_lines = true;

  std::string at(const YAML::Mark& mark) const {
    return has_lines && mark.line >= 0 ? fmt::format("{}:{}", name, mark.line + 1) : name;
  }
  std::string at(const YAML::Node& node) const { return at(node.Mark()); }
};

/// Looks at nothing of a document but where it begins.
struct DocumentStart final : YAML::EventHandler {
  YAML::Mark mark;

  void OnDocumentStart(const YAML::Mark& at) override { mark = at; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

std::string shown(const YAML::Node& node) {
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return "a list";
  if (!node.IsScalar() || node.Scalar().empty()) return "empty";
  return fmt::format("'{}'", printable(node.Scalar()));
}

template <class T>
std::optional<T> parse(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class T>
bool store_in_range(T& member, const YAML::Node& node, T low, T high) {
  const std::optional<T> value = node.IsScalar() ? parse<T>(node.Scalar()) : std::nullopt;
  if (!value || !(*value >= low && *value <= high)) return false;  // written so that NaN is in no range
  member = *value;
  return true;
}

// Each returns whether `node` is a value that the key may have.
bool store(const Integer& key, Recipe& recipe, const YAML::Node& node) {
  return store_in_range(key.of(recipe), node, key.low, key.high);
}
bool store(const Real& key, Recipe& recipe, const YAML::Node& node) {
  return store_in_range(key.of(recipe), node, key.low, key.high);
}
bool store(const Seed& key, Recipe& recipe, const YAML::Node& node) {
  return store_in_range<std::uint64_t>(key.of(recipe), node, 0, std::numeric_limits<std::uint64_t>::max());
}
bool store(const Flag& key, Recipe& recipe, const YAML::Node& node) {
  if (!node.IsScalar() || (node.Scalar() != "true" && node.Scalar() != "false")) return false;
  key.of(recipe) = node.Scalar() == "true";
  return true;
}
bool store(const Text& key, Recipe& recipe, const YAML::Node& node) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (node.IsNull() && key.choices.empty()) {  // as `target:` and --set hardware.target= say it
    key.of(recipe).clear();
    return true;
  }
  if (!node.IsScalar() || std::ranges::any_of(node.Scalar(), is_control)) return false;
  if (!key.choices.empty() && std::ranges::find(key.choices, node.Scalar()) == key.choices.end()) return false;
  key.of(recipe) = node.Scalar();
  return true;
}
bool store(const Numbers& key, Recipe& recipe, const YAML::Node& node) {
  std::vector<double> numbers;
  for (const auto& entry : node) {
    const std::optional<double> number = entry.IsScalar() ? parse<double>(entry.Scalar()) : std::nullopt;
    if (!number || !std::isfinite(*number)) return false;
    numbers.push_back(*number);
  }
  if (!(node.IsSequence() || node.IsNull()) || numbers.size() > key.most || (key.most == 2 && numbers.size() == 1)) return false;
  key.of(recipe) = numbers;
  return true;
}
bool store(const LayerMap&, Recipe&, const YAML::Node&) {
  return false;
}  // a map is read entry by entry, see Reader::assign

/// Fills one recipe from its file and then from the overrides.
class Reader {
 public:
  Recipe recipe;

  void read_document(const Source& source, const YAML::Node& document) {
    std::set<std::string> seen;
    for (const auto& entry : document) {
      const std::string name = key_text(source, entry.first, "the recipe", seen);
      if (is_section(name))
        read_section(source, name, entry.first, entry.second);
      else
        assign(source, require_key(source, entry.first, "", name), entry.first, entry.second);
    }
  }

  /// `text` is "section.key=value", or for one layer "hardware.folding.LAYER={pe: 4, simd: 3}".
  void apply_override(const std::string& text) {
    const Source source{"--set " + printable(text), false};
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) throw InputError(source.name, "has no '='", "write --set section.key=value");
    const std::string path = text.substr(0, equals);
    const YAML::Node value = load(source, text.substr(equals + 1));

    const std::size_t dot = path.find('.');
    const std::string section = dot == std::string::npos ? "" : path.substr(0, dot);
    const std::string name = dot == std::string::npos ? path : path.substr(dot + 1);
    const std::size_t layer = name.find('.');
    const Key* map = layer == std::string::npos ? nullptr : find_key(section, name.substr(0, layer));
    if (map && std::holds_alternative<LayerMap>(map->value)) {
      read_layer(source, *map, name.substr(layer + 1), value, value);
      return;
    }
    if (!section.empty() && !is_section(section))
      throw InputError(source.name, fmt::format("unknown section '{}'", printable(section)),
                       suggest(section, section_names()));
    if (section.empty() && is_section(name))
      throw InputError(source.name, fmt::format("'{}' is a section", name),
                       fmt::format("name one of its keys, as {}.{}", name, key_names(name)[0]));
    assign(source, require_key(source, value, section, name), value, value);
  }

  void check_complete(const std::string& file) const {
    for (const Key& key : all_keys())
      if (key.required && scalar_text(key.value, recipe).empty())
        throw InputError(file, "no value for " + key.title(),
                         fmt::format("add a line to '{}': {}: ...", key.section, key.name));
    if (recipe.network.name.empty() == recipe.network.model.empty())
      throw InputError(file, recipe.network.name.empty() ? "names no network" : "names a network twice",
                       "give 'network' either a name from the zoo or a model, the path of an ONNX file");
    check_together(file);
  }

  /// Keys that would be ignored without another one.
  void check_together(const std::string& file) const {
    const bool has_model = !recipe.network.model.empty();
    if (recipe.network.new_classifier && !has_model)
      throw InputError(file, "'new_classifier' in 'network' replaces the last layer of a model, and none is given", "give network.model");
    if (recipe.network.width_multiplier != 1 && has_model)
      throw InputError(file, "'width_multiplier' in 'network' is for networks by name, and a model is given", "leave it out");
    for (const double bits : recipe.mixed_precision.bits)
      if (bits != std::floor(bits) || bits < 1 || bits > 16)
        throw InputError(file, fmt::format("{} in 'bits' in 'mixed_precision' is no whole number from 1 to 16", bits), "write for example [2, 4, 8]");
    check_quantize_together(file);
    const bool has_steps = recipe.train.schedule == "multi-step" || (recipe.quantized_training.epochs > 0 && recipe.quantized_training.schedule == "multi-step");
    if (has_steps && recipe.train.milestones.empty())
      throw InputError(file, "schedule multi-step has no milestones in 'train'", "give train.milestones, such as [10, 20, 30]");
  }

  void check_quantize_together(const std::string& file) const {
    const Recipe::Quantize& q = recipe.quantize;
    const Recipe::Quantize defaults;
    if (q.percentile != defaults.percentile && q.calibration != "percentile")
      throw InputError(file, "'percentile' in 'quantize' is of one calibration, and 'calibration' is " + q.calibration, "set that to percentile, or leave it out");
    if (q.rounding_steps != defaults.rounding_steps && q.rounding != "adaround")
      throw InputError(file, "'rounding_steps' in 'quantize' are AdaRound's, and 'rounding' is " + q.rounding, "set that to adaround, or leave it out");
    if (q.first_last_bits > 0 && !recipe.mixed_precision.bits.empty())
      throw InputError(file, "'first_last_bits' in 'quantize' beside 'mixed_precision', which chooses the bits of those layers, too",
                       "state them in quantize.layers, or leave out one of both");
  }

  static YAML::Node load(const Source& source, const std::string& text) {
    try {
      std::istringstream stream(text);
      YAML::Parser parser(stream);
      DocumentStart document;
      parser.HandleNextDocument(document);
      // Not YAML::LoadAll: given ", x" yaml-cpp 0.7 finds one empty document after the other without end.
      if (parser.HandleNextDocument(document))
        throw InputError(source.at(document.mark), "a second document begins here", "give each recipe a file");
      return YAML::Load(text);
    } catch (const YAML::Exception& error) {
      throw InputError(source.at(error.mark), "not valid YAML: " + printable(error.msg));
    }
  }

 private:
  static std::string key_text(const Source& source, const YAML::Node& key, const std::string& where,
                              std::set<std::string>& seen) {
    if (!key.IsScalar())
      throw InputError(source.at(key), shown(key) + " stands where a key of " + where + " should", "write name: value");
    if (!seen.insert(key.Scalar()).second)
      throw InputError(source.at(key), fmt::format("{} appears twice in {}", shown(key), where), "remove one of them");
    return key.Scalar();
  }

  static const Key& require_key(const Source& source, const YAML::Node& at, const std::string& section,
                                const std::string& name) {
    if (const Key* key = find_key(section, name)) return *key;
    std::vector<std::string> candidates = key_names(section);
    if (section.empty()) std::ranges::copy(section_names(), std::back_inserter(candidates));
    std::string fix = suggest(name, candidates);
    const auto elsewhere = std::ranges::find_if(all_keys(), [&](const Key& key) { return key.name == name; });  // of several, the first
    if (elsewhere != all_keys().end() && nearest(name, candidates).empty())
      fix = elsewhere->section.empty() ? "it belongs to the top level, without indentation" : fmt::format("it belongs to '{}'", elsewhere->section);
    const std::string place = section.empty() ? "" : fmt::format(" in '{}'", section);
    throw InputError(source.at(at), fmt::format("unknown key '{}'{}", printable(name), place), fix);
  }

  // `at` is where the name stands: an empty value's own mark is that of whatever comes after it.
  void read_section(const Source& source, const std::string& section, const YAML::Node& at, const YAML::Node& node) {
    if (node.IsNull()) return;  // all of its lines are commented out
    if (!node.IsMap())
      throw InputError(source.at(at), fmt::format("'{}' is {}, not a section", section, shown(node)),
                       fmt::format("indent its keys below it: {}: ...", key_names(section)[0]));
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string name = key_text(source, entry.first, fmt::format("'{}'", section), seen);
      assign(source, require_key(source, entry.first, section, name), entry.first, entry.second);
    }
  }

  void assign(const Source& source, const Key& key, const YAML::Node& at, const YAML::Node& node) {
    if (std::holds_alternative<LayerMap>(key.value) && (node.IsMap() || node.IsNull())) {
      std::set<std::string> seen;
      for (const auto& entry : node)
        read_layer(source, key, key_text(source, entry.first, key.title(), seen), entry.first, entry.second);
    } else if (!std::visit([&](const auto& value) { return store(value, recipe, node); }, key.value)) {
      throw InputError(source.at(at), key.title() + " is " + shown(node), "give " + describe(key.value));
    }
  }

  void read_layer(const Source& source, const Key& key, const std::string& layer, const YAML::Node& at, const YAML::Node& node) {
    const LayerMap& map = std::get<LayerMap>(key.value);
    const std::string title = fmt::format("'{}' in '{}.{}'", printable(layer), key.section, key.name);
    const auto fail = [&](const YAML::Node& place, const std::string& what) {
      throw InputError(source.at(place), title + " " + what, fmt::format("write it as {}", map.example));
    };
    LayerMap::Entry own{layer, 0, 0, source.at(at) + ", " + title};
    if (map.in_float && node.IsScalar() && node.Scalar() == "float") {
      own.first = own.second = map.in_float;
    } else {
      if (!node.IsMap()) fail(at, "is " + shown(node));
      std::set<std::string> seen;
      for (const auto& entry : node) {
        const std::string name = key_text(source, entry.first, title, seen);
        if (name != map.first && name != map.second) fail(entry.first, fmt::format("has an unknown key '{}'", printable(name)));
        if (!store_in_range(name == map.first ? own.first : own.second, entry.second, map.low, map.high))
          fail(entry.first, fmt::format("has {} = {}, not an integer from {} to {}", name, shown(entry.second), map.low, map.high));
      }
      if (own.first == 0 || own.second == 0) fail(at, fmt::format("needs both {} and {}", map.first, map.second));
    }
    map.set(recipe, std::move(own));
  }
};

}  // namespace

Recipe read_recipe(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  return parse_recipe(read_file(file), file, overrides);
}

Recipe parse_recipe(const std::string& text, const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  const Source source{file.string()};
  const YAML::Node document = Reader::load(source, text);
  if (document.IsNull()) throw InputError(source.name, "is empty", "`bitloom recipe` prints what a recipe may hold");
  if (!document.IsMap())
    throw InputError(source.at(document), "not a recipe but " + shown(document), "write section: and key: value lines");

  Reader reader;
  reader.recipe.file = file;
  reader.read_document(source, document);
  for (const std::string& override_text : overrides) reader.apply_override(override_text);
  reader.check_complete(source.name);
  if (reader.recipe.name.empty()) reader.recipe.name = file.stem().string();
  return reader.recipe;
}

}  // namespace bitloom
