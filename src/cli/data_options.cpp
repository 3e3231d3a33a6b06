#include "cli/data_options.h"

#include <cstdlib>

#include "cli/command_line.h"

namespace bitloom::cli {
void add_cache_dir(CLI::App& command) {
  command.add_option_function<std::string>(
      "--cache-dir", [](const std::string& folder) { setenv("BITLOOM_CACHE", folder.c_str(), /*overwrite=*/1); },
      "Folder for files of decoded images that do not fit --cache-mb (default: BITLOOM_CACHE, or none)");
}

void add_recipe_data_options(CLI::App& command, std::vector<std::string>& overrides) {
  command.add_flag_callback(
      "--skip-corrupt", [&overrides] { overrides.push_back("data.skip_corrupt=true"); }, kSkipCorrupt);
  command
      .add_option_function<int>(
          "--cache-mb", [&overrides](int megabytes) { overrides.push_back("data.cache_mb=" + std::to_string(megabytes)); }, kCacheMb)
      ->check(CLI::PositiveNumber);
  add_cache_dir(command);
}

void DataOptions::add_to(CLI::App& command, bool required) {
  command.add_option("--data", set, "Data set, with :train, :validation or :test behind it; see `bitloom data list`")->required(required);
  command.add_option("--data-dir", data_dir, "Where downloaded sets live")->envname("BITLOOM_DATA");
  command.add_flag("--skip-corrupt", skip_corrupt, kSkipCorrupt);
  command.add_option("--cache-mb", cache_mb, kCacheMb)->check(CLI::PositiveNumber);
  add_cache_dir(command);
  command.add_option("--range", range, "Pixels 0..255 become LO..HI (default: what the model carries, else 0,1)")->delimiter(',')->expected(2);
  command.add_option("--mean", mean, "Subtracted after --range, one number a channel")->delimiter(',');
  command.add_option("--std", deviation, "Divided by after --mean, one number a channel")->delimiter(',');
}

std::shared_ptr<const data::Dataset> DataOptions::open(Graph& graph, const std::string& default_split) const {
  std::vector<std::string> notes;
  auto images = DataChoice::open(graph, default_split, notes);
  for (const std::string& note : notes) say("note: " + note);
  return images;
}

}  // namespace bitloom::cli
