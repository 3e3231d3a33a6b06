#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "fpga/stream/design.h"

namespace bitloom::fpga {

nlohmann::json to_json(const Resources& resources);

/// Everything about a design but its weights, as design.json holds it. verify and synth read it back (eda/design_folder.h).
nlohmann::json to_json(const StreamDesign& design);

}  // namespace bitloom::fpga
