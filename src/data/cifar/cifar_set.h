#pragma once

#include <string>
#include <vector>

#include "data/dataset.h"

namespace bitloom::data {

/// A set in CIFAR's binary version: files of records, each some bytes of labels and 32x32 pixels as red, green and blue planes. They lie
/// below `data_dir`/`name`, in the archive's own folder or directly.
struct CifarSet {
  std::string name;
  std::string folder;                   ///< of the archive
  std::vector<std::string> train_files;
  std::string test_file, names_file;    ///< names: one class a line
  int label_bytes;                      ///< of which the last is the class (CIFAR-100 has the superclass before it)
  int classes;
};

const std::vector<CifarSet>& cifar_sets();

/// Both parts in memory; validation is cut from training (split.h).
/// @throws InputError naming the file: missing (and how to get it), not a whole number of records, a label out of range, too few names
Splits open_cifar(const CifarSet& set, const OpenOptions& options);

}  // namespace bitloom::data
