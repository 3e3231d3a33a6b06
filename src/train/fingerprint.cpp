#include "train/fingerprint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <vector>

#include "ir/ops/fake_quantize.h"
#include "recipe/keys.h"

namespace bitloom::train {
namespace {

constexpr std::string_view kZeroPoint = "zero_point";

/// Of a simulated quantizer without its zero point, which calibration chose.
std::string description_of(const Node& node) {
  std::string text = fmt::format("{} {}", node.name(), node.op().name());
  for (const auto& [name, value] : node.op().attributes())
    if (!node.is<FakeQuantize>() || name != kZeroPoint) text += std::visit([&](const auto& v) { return fmt::format(" {} {}", name, v); }, value);
  for (const Value* input : node.inputs()) text += input ? fmt::format(" {} {}", input->name(), to_string(input->shape())) : " -";
  return text + "\n";
}

}  // namespace

std::string digest_of(std::string_view bytes) {
  return fmt::format("{:08x}", crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

void add_network(Fingerprint& fingerprint, const Graph& graph) {
  const Preprocessing& p = graph.preprocessing;
  std::string operators;
  for (const Node* node : graph.nodes()) operators += description_of(*node);
  fingerprint["network"] = graph.name();
  fingerprint["preprocessing"] = fmt::format("range [{}, {}] mean {} std {}", p.low, p.high, p.mean, p.std);
  fingerprint["operators"] = digest_of(operators);
  std::vector<int> zero_points;
  for (const Node* node : graph.nodes_of<FakeQuantize>()) zero_points.push_back(node->as<FakeQuantize>()->zero_point);
  if (!zero_points.empty()) fingerprint["zero points"] = fmt::format("{}", fmt::join(zero_points, " "));
}

void add_key(Fingerprint& fingerprint, std::string_view section, std::string_view key, const Recipe& recipe) {
  fingerprint[fmt::format("{}.{}", section, key)] = recipe::value_text(recipe::find_key(section, key)->value, recipe);
}

void add_section(Fingerprint& fingerprint, std::string_view section, const Recipe& recipe) {
  for (const std::string& name : recipe::key_names(section))
    if (name != "threads" && name != "max_drop") add_key(fingerprint, section, name, recipe);
}

void add_recipe(Fingerprint& fingerprint, const Recipe& recipe, bool is_quantized) {
  fingerprint["seed"] = std::to_string(recipe.seed);
  add_key(fingerprint, "network", "freeze", recipe);
  for (const char* section : {"augment", "train"}) add_section(fingerprint, section, recipe);
  if (is_quantized)
    for (const char* section : {"quantize", "quantized_training"}) add_section(fingerprint, section, recipe);
}

}  // namespace bitloom::train
