#pragma once

#include <string>
#include <vector>

#include "data/dataset.h"

namespace bitloom::data {

/// A downloaded set that is a tree of class folders, below `data_dir`/`name`.
struct StoredFolderSet {
  std::string name;
  std::vector<std::string> folders;  ///< the names that its publishers gave the tree; the first that is there is taken
  ImageShape shape;
  std::size_t classes, images;
};

const std::vector<StoredFolderSet>& stored_folder_sets();

/// As open_folder (folder_set.h), which cuts the parts, so that a figure for the set means one thing: a fifth for test, always the same.
/// @throws InputError naming the folder: not there (and how to get it), other numbers of classes and images than the set has, another size
Splits open_stored_folder(const StoredFolderSet& set, const OpenOptions& options);

}  // namespace bitloom::data
