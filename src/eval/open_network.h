#pragma once

#include <filesystem>

#include "ir/graph.h"

namespace bitloom {

/// Reads a network of any origin and brings it into the form that everything else expects (passes/pipeline.h, cleaning()): what every
/// command does with a file that a user names.
/// @throws InputError as read_onnx does
Graph open_network(const std::filesystem::path& path);

}  // namespace bitloom
