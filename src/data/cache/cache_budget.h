#pragma once

#include <string>

#include "data/dataset.h"

namespace bitloom::data {

/// What the options and the environment (BITLOOM_CACHE) give.
CacheBudget cache_budget(const OpenOptions& options);

/// Takes `bytes` of images that have to be in memory from the budget.
/// @param name  of the set
/// @throws InputError if they are more than it has
void spend(CacheBudget& budget, std::int64_t bytes, const std::string& name);

}  // namespace bitloom::data
