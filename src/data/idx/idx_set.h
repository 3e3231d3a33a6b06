#pragma once

#include "data/dataset.h"

namespace bitloom::data {

/// A set stored as four IDX files below `data_dir`/`name`: {train,t10k}-{images-idx3,labels-idx1}-ubyte, each plain or with .gz behind.
struct IdxSet {
  std::string name;
  std::vector<std::string> class_names;
};

const std::vector<IdxSet>& idx_sets();

/// Both parts in memory; validation is cut from training (split.h).
/// @throws InputError naming the file: missing (with the names tried and how to get it), damaged, label out of range, counts that
/// differ between images and labels, sizes that differ between training and test
Splits open_idx(const IdxSet& set, const OpenOptions& options);

}  // namespace bitloom::data
