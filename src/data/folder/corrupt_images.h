#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "data/folder/listing.h"

namespace bitloom::data {

/// Calls body(i, the file's bytes) for every image of the listing, in parallel, and tells what it threw for each: "" where nothing.
/// @throws InputError for files that cannot be read, which is no fault of the images: the first in the listing's order is named
std::vector<std::string> find_corrupt(const Listing& listing, const std::function<void(std::size_t, const std::string&)>& body);

/// Takes corrupt images out of a set, or refuses them.
class CorruptImages {
 public:
  /// @param skips  false: the first corrupt image is an error
  CorruptImages(std::filesystem::path root, const Listing& listing, bool skips);

  /// Takes the images with a reason out of the listing. Returns the indices of those that stay.
  /// @param reasons  one an image of the listing, of find_corrupt
  /// @throws InputError if one may not be skipped, with how many there are; if all images of a class in a part are corrupt, or more than
  /// half of all
  std::vector<std::int64_t> take_out(Listing& listing, const std::vector<std::string>& reasons);

  /// How many were skipped, and the first of them by name.
  std::vector<std::string> notes() const;

 private:
  void require_enough(const Listing& left) const;

  std::filesystem::path root_;
  std::size_t total_;
  bool skips_;
  std::map<std::filesystem::path, std::size_t> class_folders_;  ///< images in each
  std::vector<std::string> skipped_;                            ///< why, in the order in which they were found
};

}  // namespace bitloom::data
