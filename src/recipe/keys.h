#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "recipe/recipe.h"

namespace bitloom::recipe {

// What a key's value may be, and where in a Recipe it is kept. The default is what the member of a fresh Recipe holds.
struct Integer {
  int& (*of)(Recipe&);
  int low, high;  ///< both allowed
};
struct Seed {
  std::uint64_t& (*of)(Recipe&);
};
struct Real {
  double& (*of)(Recipe&);
  double low, high;  ///< both allowed
};
struct Flag {
  bool& (*of)(Recipe&);
};
struct Text {
  std::string& (*of)(Recipe&);
  std::vector<std::string> choices;  ///< empty: any text
};
struct Numbers {
  std::vector<double>& (*of)(Recipe&);
  std::size_t most;  ///< how many there may be; none is always allowed
};
/// Two numbers for each of some layers.
struct LayerMap {
  struct Entry {
    std::string layer;
    int first, second;
    std::string place;  ///< where it was set: "x.yaml:12, 'conv1' in 'hardware.folding'"; for errors about it
  };
  std::string_view first, second;  ///< what the numbers are called
  int low, high;                   ///< both allowed
  int in_float;                    ///< what both are where the layer is said to be `float`; 0: none can be
  std::string_view example;
  std::vector<Entry> (*entries)(const Recipe&);
  void (*set)(Recipe&, Entry);
};
using Value = std::variant<Integer, Seed, Real, Flag, Text, Numbers, LayerMap>;

struct Key {
  std::string_view section;  ///< "" at the top level
  std::string_view name;
  Value value;
  std::string_view meaning;
  bool required = false;

  /// "'epochs' in 'train'", or "'seed'" at the top level: how errors name a key.
  std::string title() const;
};

/// Every key there is, sections together and in the order in which they are written. All else about recipes is derived
/// from it.
std::span<const Key> all_keys();

std::vector<std::string> section_names();
bool is_section(std::string_view name);
std::vector<std::string> key_names(std::string_view section);
/// Null when there is no such key.
const Key* find_key(std::string_view section, std::string_view name);

/// What to write: "an integer from 1 to 10000", "one of: adam, sgd".
std::string describe(const Value& value);

/// The value as YAML that reads back to the same: shortest text for numbers. For scalars only.
std::string scalar_text(const Value& value, const Recipe& recipe);

/// "{pe: 4, simd: 3}", or "float".
std::string entry_text(const LayerMap& map, const LayerMap::Entry& entry);

/// Any value on one line, to be shown or compared: as scalar_text, and maps of layers as "{conv1: {pe: 4, simd: 3}}".
std::string value_text(const Value& value, const Recipe& recipe);

}  // namespace bitloom::recipe
