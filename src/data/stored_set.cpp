#include "data/stored_set.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/error.h"

namespace bitloom::data {

std::filesystem::path folder_of_stored_set(const std::string& name, const OpenOptions& options) {
  std::filesystem::path dir = options.data_dir;
  if (const char* variable = std::getenv("BITLOOM_DATA"); dir.empty() && variable != nullptr) dir = variable;
  if (dir.empty())
    throw InputError(name, "needs files that are not part of bitloom, and no data folder is given",
                     fmt::format("pass --data-dir DIR or set BITLOOM_DATA; `bitloom data get {} --data-dir DIR` downloads them", name));
  return dir / name;
}

}  // namespace bitloom::data
