#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "fpga/eda/verify.h"

namespace bitloom::fpga {

std::string to_json(const VerifyResult& result) {
  using nlohmann::json;
  json timeline = json::array();
  for (const UnitActivity& activity : result.timeline)
    timeline.push_back(
        {{"unit", activity.unit}, {"image", activity.image}, {"first_cycle", activity.first_cycle}, {"last_cycle", activity.last_cycle}});
  json object = {{"images", result.images},
                 {"mismatches", result.mismatches},
                 {"latency_cycles", result.latency_cycles},
                 {"cycles_per_image", result.cycles_per_image},
                 {"throughput_images", result.throughput_images},
                 {"ideal_cycles", result.ideal_cycles},
                 {"stall", result.stall},
                 {"seed", result.seed},
                 {"icarus_images", result.icarus_images},
                 {"icarus_mismatches", result.icarus_mismatches},
                 {"tool", result.tools},
                 {"timeline", timeline},
                 {"passed", result.passed()},
                 {"failure", result.failure.empty() ? json(nullptr) : json(result.failure)},
                 {"seconds", result.seconds},
                 {"origin", "simulated"}};
  if (const auto& m = result.first_mismatch)
    object["first_mismatch"] = {{"image", m->image}, {"index", m->index}, {"expected", m->expected}, {"actual", m->actual}};
  return object.dump(1);
}

void require_passed(const VerifyResult& result, const std::filesystem::path& dir) {
  if (result.passed()) return;
  const std::string where = dir.string();
  if (!result.failure.empty()) throw CheckError(where, result.failure);
  if (const auto& m = result.first_mismatch)
    throw CheckError(where,
                     fmt::format("{} outputs of {} images differ from the reference; first: image {}, output {}: expected {}, actual {}",
                                 result.mismatches, result.images, m->image, m->index, m->expected, m->actual),
                     "this is a fault of the design or of bitloom; please report it with the folder");
  throw CheckError(where, fmt::format("{} outputs differ in Icarus Verilog", result.icarus_mismatches), "see build/verify/icarus.log");
}

}  // namespace bitloom::fpga
