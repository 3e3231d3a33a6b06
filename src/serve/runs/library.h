#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "serve/runs/confined_folder.h"
#include "serve/runs/run.h"

namespace bitloom::serve {

/// Text that is sent, and a tag that changes with it.
struct TaggedText {
  std::shared_ptr<const std::string> text;
  std::string tag;
};

/// How far a library looks, and how often. The defaults are those of `bitloom serve`.
struct LibraryLimits {
  int depth = 4;                           ///< folders between RUNS and a run folder, that one counted
  std::size_t folders = 5000;              ///< that are looked into; what is left out is told
  std::chrono::milliseconds pause{400};    ///< between two looks
  int rest = 9;                            ///< so many times as long as a look took, where that is more
  std::chrono::milliseconds reading{250};  ///< of metrics in one look; the next look goes on
};

/// All runs below a folder, read anew when somebody asks and the last look is long enough ago. Safe to use from several threads.
class Library {
 public:
  explicit Library(std::filesystem::path root, LibraryLimits limits = {});

  /// {"root", "problem", "unread", "defaults", "runs": [...]}: JSON for the page (page/api.js)
  TaggedText list();
  /// As Run::metrics_json. Nothing where there is no such run.
  std::optional<std::string> metrics(const std::string& id, std::uint64_t generation, std::size_t from);
  /// report.html of a run, as it lies there. Nothing where there is no such run or it has none.
  std::optional<std::string> report(const std::string& id);

 private:
  struct Known {
    std::string path;  ///< below root
    Run run;
    std::uint64_t seen = 0;  ///< the look that found it last
  };
  void refresh_if_due();
  void refresh();
  void visit(const ConfinedFolder& folder, const std::string& path, int depth);
  void write_list(double now);

  const std::filesystem::path root_;
  const LibraryLimits limits_;
  std::mutex mutex_;
  std::map<std::string, Known> runs_;  ///< by id
  std::string problem_;
  std::size_t folders_ = 0;            ///< looked into so far
  std::uint64_t look_ = 0;
  std::uint64_t version_;
  Deadline due_{}, deadline_{};
  TaggedText list_;
};

/// A path as one word of an address: all but letters, digits and "-_.~/" as %XX.
std::string address_of(std::string_view path);

}  // namespace bitloom::serve
