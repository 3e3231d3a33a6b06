#include "data/cache/cache_budget.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace bitloom::data {

CacheBudget cache_budget(const OpenOptions& options) {
  CacheBudget budget{options.cache_mb * 1'000'000, options.cache_dir};
  if (options.cache_mb == 0) budget.bytes = std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGE_SIZE) / 4;
  if (const char* folder = std::getenv("BITLOOM_CACHE"); budget.folder.empty() && folder != nullptr) budget.folder = folder;
  return budget;
}

void spend(CacheBudget& budget, std::int64_t bytes, const std::string& name) {
  if (bytes > budget.bytes)
    throw InputError(name, fmt::format("takes {} of memory, and {} are allowed", human_bytes(bytes), human_bytes(budget.bytes)),
                     "raise --cache-mb (data.cache_mb)");
  budget.bytes -= bytes;
}

}  // namespace bitloom::data
