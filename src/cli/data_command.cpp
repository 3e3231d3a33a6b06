#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/command_line.h"
#include "cli/data_options.h"
#include "cli/helper_program.h"
#include "data/checksum.h"
#include "data/contact_sheet.h"

namespace bitloom::cli {
namespace {

struct ShowOptions {
  std::string set;
  data::OpenOptions open;
  std::filesystem::path out;
  int columns = 12;
  bool json = false;
};

struct GetOptions {
  std::string set, from;
  std::filesystem::path data_dir;
  int retries = 5;
};

/// What `data show` tells of one part.
struct PartSummary {
  std::string name;
  std::int64_t images = 0;
  std::vector<std::int64_t> per_class;
  std::string checksum;
};

PartSummary summarize(const std::string& name, const data::Dataset& part) {
  PartSummary summary{name, part.size(), std::vector<std::int64_t>(part.class_names().size()), data::checksum(part)};
  for (std::int64_t i = 0; i < part.size(); ++i) ++summary.per_class[static_cast<std::size_t>(part.label(i))];
  return summary;
}

void list_sets(bool json) {
  const std::vector<data::DatasetInfo> sets = data::known_datasets();
  if (json) {
    nlohmann::json array = nlohmann::json::array();
    for (const data::DatasetInfo& set : sets)
      array.push_back({{"name", set.name}, {"description", set.description}, {"origin", set.origin}});
    return print_json({{"sets", array}});
  }
  for (const data::DatasetInfo& set : sets)
    say(fmt::format("{:<14} {}{}", set.name, set.description, set.origin == "generated" ? "; generated" : "; in " + set.origin));
  say("Sets that are not generated lie below --data-dir or BITLOOM_DATA; `bitloom data get NAME` downloads them there.");
}

void print_summary(const ShowOptions& o, const data::Dataset& set, const std::vector<PartSummary>& parts) {
  const data::ImageShape shape = set.shape();
  const std::vector<std::string>& classes = set.class_names();
  say(fmt::format("{}: {}x{} {}, {} classes", o.set, shape.height, shape.width, shape.channels == 1 ? "grey" : "RGB", classes.size()));
  std::size_t width = 8;
  for (const std::string& name : classes) width = std::max(width, name.size());
  std::string heading = fmt::format("  {:<{}}", "", width), totals = fmt::format("  {:<{}}", "all", width),
              sums = fmt::format("  {:<{}}", "checksum", width);
  for (const PartSummary& part : parts) {
    heading += fmt::format("  {:>16}", part.name);
    totals += fmt::format("  {:>16}", part.images);
    sums += fmt::format("  {:>16}", part.checksum);
  }
  say(heading);
  for (std::size_t c = 0; c < classes.size(); ++c) {
    std::string row = fmt::format("  {:<{}}", classes[c], width);
    for (const PartSummary& part : parts) row += fmt::format("  {:>16}", part.per_class[c]);
    say(row);
  }
  say(totals);
  say(sums);
}

nlohmann::json to_json(const ShowOptions& o, const data::Dataset& set, const std::vector<PartSummary>& parts,
                       const std::vector<std::string>& notes) {
  const data::ImageShape shape = set.shape();
  nlohmann::json json = {{"set", o.set},           {"channels", shape.channels},     {"height", shape.height},
                         {"width", shape.width},   {"classes", set.class_names()},   {"notes", notes}};
  for (const PartSummary& part : parts)
    json["parts"][part.name] = {{"images", part.images}, {"per_class", part.per_class}, {"checksum", part.checksum}};
  if (!o.out.empty()) json["sheet"] = o.out.string();
  return json;
}

void show(const ShowOptions& o) {
  const auto [name, split] = split_name(o.set);
  const data::Splits splits = data::open_dataset(name, o.open);
  if (!o.json)
    for (const std::string& note : splits.notes) say("note: " + note);
  const data::Dataset& pictured = split == "test" ? *splits.test : split == "validation" ? *splits.validation : *splits.train;
  if (!o.out.empty()) data::write_contact_sheet(pictured, 0, o.columns, o.out);
  const std::vector<PartSummary> parts = {summarize("train", *splits.train), summarize("validation", *splits.validation),
                                          summarize("test", *splits.test)};
  if (o.json) return print_json(to_json(o, pictured, parts, splits.notes));
  print_summary(o, pictured, parts);
  if (!o.out.empty()) say(fmt::format("{}: one row a class, in the order above", o.out.string()));
}

void register_list(CLI::App& data) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* command = data.add_subcommand("list", "The data sets that can be named");
  command->add_flag("--json", *json, "Print one JSON object on standard output");
  command->callback([json] { list_sets(*json); });
}

void register_show(CLI::App& data) {
  const auto options = std::make_shared<ShowOptions>();
  CLI::App* command = data.add_subcommand("show", "Sizes, classes and checksums of a set, and a picture of its images");
  command->add_option("SET", options->set, "Data set; :train, :validation or :test behind it chooses what --out shows")->required();
  command->add_option("--data-dir", options->open.data_dir, "Where downloaded sets live")->envname("BITLOOM_DATA");
  command->add_option("--out", options->out, "PNG of sample images to write, one row a class");
  command->add_option("--columns", options->columns, "Images a class in that picture")->check(CLI::Range(1, 100));
  command->add_option("--height", options->open.height, "Resize the images of a dir: set")->check(CLI::PositiveNumber);
  command->add_option("--width", options->open.width, "Resize the images of a dir: set")->check(CLI::PositiveNumber);
  command->add_flag("--skip-corrupt", options->open.skip_corrupt, kSkipCorrupt);
  command->add_option("--cache-mb", options->open.cache_mb, kCacheMb)->check(CLI::PositiveNumber);
  add_cache_dir(*command);
  command->add_option("--seed", options->open.seed, "Of the validation part, where a set has none of its own");
  command->add_flag("--json", options->json, "Print one JSON object on standard output");
  command->callback([options] { show(*options); });
}

/// bitloom-get does the work: libcurl and what it loads would make every start of bitloom slower.
void get(const GetOptions& o) {
  std::vector<std::string> arguments{o.set};
  if (!o.data_dir.empty()) arguments.insert(arguments.end(), {"--data-dir", o.data_dir.string()});
  if (!o.from.empty()) arguments.insert(arguments.end(), {"--from", o.from});
  arguments.insert(arguments.end(), {"--retries", std::to_string(o.retries)});
  become_helper("bitloom-get", std::move(arguments));
}

void register_get(CLI::App& data) {
  const auto options = std::make_shared<GetOptions>();
  CLI::App* command = data.add_subcommand("get", "Download a set, check it, unpack it; goes on where an earlier call was stopped");
  command->add_option("SET", options->set, "mnist, fashion-mnist, cifar10, cifar100 or eurosat")->required();
  command->add_option("--data-dir", options->data_dir, "Where downloaded sets live")->envname("BITLOOM_DATA");
  command->add_option("--from", options->from, "Address of the set's files, as https://HOST/FOLDER/, instead of the publisher's");
  command->add_option("--retries", options->retries, "Of a download that makes no progress")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->callback([options] { get(*options); });
}

}  // namespace

void register_data(CLI::App& app) {
  CLI::App* data = app.add_subcommand("data", "List data sets, download them, show what is in them");
  data->require_subcommand(1);
  register_list(*data);
  register_get(*data);
  register_show(*data);
}

}  // namespace bitloom::cli
