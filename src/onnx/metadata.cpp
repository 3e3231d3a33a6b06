#include "onnx/metadata.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace bitloom::onnx_format {
namespace {

using nlohmann::json;

constexpr const char* kPreprocessing = "bitloom.preprocessing";
constexpr const char* kClassNames = "bitloom.class_names";

void add(onnx::ModelProto& model, const char* key, const json& value) {
  onnx::StringStringEntryProto& entry = *model.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

bool all_finite(const std::vector<float>& values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

bool is_valid(const Preprocessing& p, const Graph& graph) {
  const auto one_per_channel = [&](const std::vector<float>& values) {
    const Shape& image = graph.inputs().front()->shape();
    return values.empty() || (image.rank() > 1 && static_cast<std::int64_t>(values.size()) == image[1]);
  };
  return std::isfinite(p.low) && std::isfinite(p.high) && all_finite(p.mean) && all_finite(p.std) &&
         one_per_channel(p.mean) && one_per_channel(p.std) &&
         std::ranges::all_of(p.std, [](float value) { return value != 0; });
}

}  // namespace

void write_metadata(const Graph& graph, onnx::ModelProto& model) {
  const Preprocessing& p = graph.preprocessing;
  add(model, kPreprocessing, {{"range", {p.low, p.high}}, {"mean", p.mean}, {"std", p.std}});
  if (!graph.class_names.empty()) add(model, kClassNames, graph.class_names);
}

void read_metadata(const onnx::ModelProto& model, const std::string& file, Graph& graph) {
  for (const onnx::StringStringEntryProto& entry : model.metadata_props()) {
    try {
      if (entry.key() == kPreprocessing) {
        const json value = json::parse(entry.value());
        Preprocessing p{value.at("range").at(0), value.at("range").at(1), value.at("mean"), value.at("std")};
        if (!is_valid(p, graph))
          throw InputError(file, "metadata 'bitloom.preprocessing' does not fit the input", "remove or correct it");
        graph.preprocessing = std::move(p);
      } else if (entry.key() == kClassNames) {
        graph.class_names = json::parse(entry.value()).get<std::vector<std::string>>();
      }
    } catch (const json::exception&) {
      throw InputError(file, "metadata '" + entry.key() + "' is not the JSON that Bitloom writes",
                       "remove or correct it");
    }
  }
}

}  // namespace bitloom::onnx_format
