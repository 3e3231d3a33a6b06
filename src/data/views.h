#pragma once

#include "data/dataset.h"

namespace bitloom::data {

/// The images at `indices` of `set`, in that order. Reads through to `set`.
std::shared_ptr<const Dataset> subset(std::shared_ptr<const Dataset> set, std::vector<std::int64_t> indices);

}  // namespace bitloom::data
