#include "data/folder/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

namespace bitloom::data {
namespace fs = std::filesystem;
namespace {

constexpr const char* kLayout = "put the images of each class in a folder of their own, named after the class";

/// What lies directly in a folder, sorted by name, without hidden entries.
struct Entries {
  std::vector<fs::path> folders, files;
};

Entries entries_of(const fs::path& folder) {
  Entries entries;
  std::error_code error;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    const fs::path& path = at->path();
    if (path.filename().string().starts_with('.')) continue;
    const fs::file_status status = fs::status(path, error);  // follows links
    if (status.type() == fs::file_type::not_found) throw InputError(path.string(), "link to nothing", "remove it or mend its target");
    if (error) break;
    if (!fs::is_directory(status) && !fs::is_regular_file(status))
      throw InputError(path.string(), "neither a file nor a folder", "remove it");
    (fs::is_directory(status) ? entries.folders : entries.files).push_back(path);
  }
  if (error) throw InputError(folder.string(), "cannot read folder: " + error.message());
  std::sort(entries.folders.begin(), entries.folders.end());
  std::sort(entries.files.begin(), entries.files.end());
  return entries;
}

bool has_image_ending(const fs::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

/// Whether every byte belongs to a well-formed sequence (lengths and continuation bytes; surrogates are not looked for).
bool is_utf8(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = byte < 0x80 ? 1 : byte < 0xC2 ? 0 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : byte < 0xF5 ? 4 : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    i += length;
  }
  return true;
}

class Lister {
 public:
  explicit Lister(fs::path root) : root_(std::move(root)) {}

  Listing list() {
    if (root_.empty()) throw InputError("dir:", "names no folder", "write dir:PATH");
    std::error_code error;
    if (const fs::file_status status = fs::status(root_, error); !fs::is_directory(status))
      throw InputError(root_.string(), status.type() == fs::file_type::not_found ? "no such folder"
                                       : error                                   ? "cannot read folder: " + error.message()
                                                                                 : "not a folder");
    const Entries top = entries_of(root_);
    leave_out(top.files);
    const auto train = std::find(top.folders.begin(), top.folders.end(), root_ / "train");
    if (train != top.folders.end() && !entries_of(*train).folders.empty()) {
      list_parts(top.folders);
    } else {
      list_part(root_, top.folders, Part::kTrain);
    }
    add_note();
    return std::move(listing_);
  }

 private:
  void list_parts(const std::vector<fs::path>& folders) {
    std::array<fs::path, 3> parts;
    for (const fs::path& folder : folders) {
      const std::string name = folder.filename().string();
      const int part = name == "train" ? 0 : name == "validation" || name == "valid" || name == "val" ? 1 : name == "test" ? 2 : -1;
      if (part < 0)
        throw InputError(folder.string(), "unexpected beside train/", "only train/, validation/ and test/ go there; move or remove it");
      fs::path& slot = parts[static_cast<std::size_t>(part)];
      if (!slot.empty()) throw InputError(folder.string(), "a second validation folder beside " + slot.string(), "keep one of them");
      slot = folder;
    }
    if (parts[2].empty())
      throw InputError(root_.string(), "has train/ but no test/",
                       "add test/, or move the class folders of train/ up for a split to be drawn");
    for (const Part part : {Part::kTrain, Part::kValidation, Part::kTest}) {
      const fs::path& folder = parts[static_cast<std::size_t>(part)];
      if (folder.empty()) continue;
      const Entries entries = entries_of(folder);
      leave_out(entries.files);
      list_part(folder, entries.folders, part);
    }
    listing_.has_validation = !parts[1].empty();
    listing_.has_test = true;
  }

  void list_part(const fs::path& folder, const std::vector<fs::path>& classes, Part part) {
    std::vector<std::string> names;
    names.reserve(classes.size());
    for (const fs::path& one : classes) names.push_back(one.filename().string());
    check_names(folder, names, part);
    for (std::size_t label = 0; label < classes.size(); ++label) list_class(classes[label], static_cast<int>(label), part);
  }

  void check_names(const fs::path& folder, const std::vector<std::string>& names, Part part) {
    if (names.empty()) throw InputError(folder.string(), "holds no class folders", kLayout);
    if (names.size() == 1) throw InputError(folder.string(), "holds one class only, '" + printable(names[0]) + "'", kLayout);
    for (const std::string& name : names)
      if (!is_utf8(name)) throw InputError(folder.string(), "the name of class folder '" + printable(name) + "' is not UTF-8", "rename it");
    if (part == Part::kTrain) {
      listing_.class_names = names;
      return;
    }
    const auto missing_from = [&](const std::vector<std::string>& all, const std::vector<std::string>& some, const std::string& place) {
      for (const std::string& name : all)
        if (!std::binary_search(some.begin(), some.end(), name))
          throw InputError(folder.string(), "class '" + printable(name) + "' is missing from " + place,
                           "give every part the same class folders");
    };
    missing_from(listing_.class_names, names, "it");
    missing_from(names, listing_.class_names, "train/");
  }

  void list_class(const fs::path& folder, int label, Part part) {
    const Entries entries = entries_of(folder);
    if (!entries.folders.empty())
      throw InputError(entries.folders.front().string(), "a folder inside a class folder", "move its images up or remove it");
    std::vector<fs::path> others;
    const std::size_t before = listing_.images.size();
    for (const fs::path& file : entries.files) {
      if (has_image_ending(file)) {
        listing_.images.push_back({file, label, part});
      } else {
        others.push_back(file);
      }
    }
    if (listing_.images.size() == before)
      throw InputError(folder.string(), "holds no .jpg, .jpeg or .png image", "add images or remove the folder");
    leave_out(others);
  }

  void leave_out(const std::vector<fs::path>& files) {
    if (left_out_ == 0 && !files.empty()) first_left_out_ = files.front().string();
    left_out_ += files.size();
  }

  void add_note() {
    if (left_out_ == 0) return;
    const std::string kinds = ".jpg, .jpeg or .png in a class folder";
    listing_.notes.push_back(left_out_ == 1
                                 ? fmt::format("left out {}, which is not a {}", first_left_out_, kinds)
                                 : fmt::format("left out {} files that are not {}, the first {}", left_out_, kinds, first_left_out_));
  }

  fs::path root_;
  Listing listing_;
  std::size_t left_out_ = 0;
  std::string first_left_out_;
};

}  // namespace

Listing list_images(const fs::path& root) { return Lister(root).list(); }

}  // namespace bitloom::data
