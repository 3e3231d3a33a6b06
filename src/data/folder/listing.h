#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace bitloom::data {

enum class Part { kTrain, kValidation, kTest };

struct ListedImage {
  std::filesystem::path path;
  int label;
  Part part;
};

/// The images below a folder, as far as names tell.
struct Listing {
  std::vector<std::string> class_names;  ///< sorted by bytes; the index is the label
  std::vector<ListedImage> images;       ///< sorted by part, class and name
  bool has_validation = false, has_test = false;
  std::vector<std::string> notes;        ///< what was left out, for people
};

/// Lists ROOT/CLASS/*.{jpg,jpeg,png} or, if ROOT/train holds folders, ROOT/{train,test[,validation]}/CLASS/*. `valid` and `val` are other
/// names for `validation`. Upper and lower case of endings do not matter, links are followed, names that begin with a dot are passed over.
/// Other files are left out with a note. Refused: folders inside class folders, a class without images or in some parts only, fewer than
/// two classes, train/ without test/, folders beside those of the parts, dangling links, class names that are not UTF-8.
/// @throws InputError naming the folder or file and the fix
Listing list_images(const std::filesystem::path& root);

}  // namespace bitloom::data
