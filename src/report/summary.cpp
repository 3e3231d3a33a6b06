#include <nlohmann/json.hpp>

#include "report/format.h"
#include "report/html.h"
#include "report/report.h"

namespace bitloom::report {
namespace {

using nlohmann::json;

std::string_view outcome_key(Check::Outcome outcome) {
  switch (outcome) {
    case Check::Outcome::kPassed: return "passed";
    case Check::Outcome::kFailed: return "failed";
    case Check::Outcome::kNotRun: break;
  }
  return "not run";
}

/// The object that a command printed; null when it was not run.
template <class T>
json printed(const Sourced<T>& result) {
  return result && !result->json.empty() ? json::parse(result->json) : json();
}

json check_list(const RunReport& report) {
  json list = json::array();
  for (const Check& check : checks(report))
    list.push_back({{"name", check.name}, {"outcome", outcome_key(check.outcome)}, {"detail", valid_utf8(check.detail)}});
  return list;
}

json ladder_of(const RunReport& report) {
  if (!report.ladder || !*report.ladder) return nullptr;
  json rungs = json::array();
  for (const Rung& rung : (*report.ladder)->rungs)
    rungs.push_back({{"name", valid_utf8(rung.name)},
                     {"top1", rung.top1 ? json(*rung.top1) : json()},
                     {"why_not", valid_utf8(rung.why_not)},
                     {"float_layers", rung.float_layers},
                     {"float_share", rung.float_share},
                     {"bytes", rung.bytes},
                     {"seconds", rung.seconds},
                     {"passed", rung.passed},
                     {"kept", rung.kept}});
  return {{"float_top1", (*report.ladder)->float_top1}, {"images", (*report.ladder)->images}, {"rungs", rungs}};
}

json mixed_precision_of(const RunReport& report) {
  if (!report.mixed_precision || !*report.mixed_precision) return nullptr;
  const MixedPrecision& mixed = **report.mixed_precision;
  const auto point = [](const MixedPrecision::Point& p) { return json{{"cost", p.cost}, {"decibels", p.decibels}}; };
  json layers = json::array(), front = json::array();
  for (const LayerWidths& layer : mixed.layers)
    layers.push_back({{"name", valid_utf8(layer.layer)}, {"weight_bits", layer.weight_bits}, {"activation_bits", layer.activation_bits}});
  for (const MixedPrecision::Point& p : mixed.front) front.push_back(point(p));
  return {{"unit", mixed.unit}, {"cost_of_8_bits", mixed.cost_of_8_bits}, {"budget", mixed.budget}, {"chosen", point(mixed.chosen)},
          {"layers", layers}, {"front", front}};
}

json origins(const RunReport& report) {
  const auto line = [](const Origin& origin) { return valid_utf8(to_string(origin)); };
  return {
      {"float_top1", line(report.float_accuracy.origin)}, {"int_top1", line(report.int_accuracy.origin)},
      {"float_bytes", line(report.size.origin)},          {"int_bytes", line(report.size.origin)},
      {"verify", line(report.verification.origin)},       {"synth", line(report.synthesis.origin)},
  };
}

}  // namespace

json summary_json(const RunReport& report) {
  const auto top1 = [](const Sourced<Accuracy>& accuracy) { return accuracy ? json(accuracy->top1) : json(); };
  json summary{
      {"recipe", valid_utf8(report.request.recipe)},
      {"network", valid_utf8(report.request.network)},
      {"data", valid_utf8(report.request.data)},
      {"target", valid_utf8(report.request.target)},
      {"seed", report.request.seed},
      {"version", valid_utf8(report.provenance.version)},
      {"seconds", report.provenance.seconds},
      {"float_top1", top1(report.float_accuracy)},
      {"int_top1", top1(report.int_accuracy)},
      {"float64_top1", report.float64_top1 ? json(*report.float64_top1) : json()},
      {"float16_top1", report.float16_top1 ? json(*report.float16_top1) : json()},
      {"bfloat16_top1", report.bfloat16_top1 ? json(*report.bfloat16_top1) : json()},
      {"post_training_top1", report.post_training_top1 ? json(*report.post_training_top1) : json()},
      {"max_drop", report.request.max_drop},
      {"ladder", ladder_of(report)},
      {"mixed_precision", mixed_precision_of(report)},
      {"images", nullptr},
      {"parameters", nullptr},
      {"float_bytes", nullptr},
      {"int_bytes", nullptr},
      {"verify", printed(report.verification)},
      {"synth", printed(report.synthesis)},
      {"passed", passed(report)},
      {"checks", check_list(report)},
      {"origin", origins(report)},
  };
  if (report.int_accuracy)
    summary["images"] = report.int_accuracy->images;
  else if (report.float_accuracy)
    summary["images"] = report.float_accuracy->images;
  if (report.size) {
    summary["parameters"] = report.size->parameters;
    summary["float_bytes"] = report.size->float_bytes;
    summary["int_bytes"] = report.size->int_bytes;
  }
  if (!report.stopped.empty()) summary["stopped"] = valid_utf8(report.stopped);
  return summary;
}

}  // namespace bitloom::report
