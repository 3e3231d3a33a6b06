#pragma once

#include "data/dataset.h"

namespace bitloom::data {

struct Cut {
  std::vector<std::int64_t> kept, taken;  ///< ascending; together every index of the set
};

/// Takes `share` of every class (rounded; at least one image, and at least one stays, where the class has two), drawn by `seed`.
/// Images with the same pixels go to the same side, whatever their labels: copies never stand on both sides of the cut.
/// @param where  the set's name or folder, for errors
/// @throws InputError unless 0 < share < 1, or when no class is large enough to be cut
Cut cut_stratified(const Dataset& set, double share, std::uint64_t seed, const std::string& where);

/// The splits of a set that has a training and a test part of its own: validation is cut from training by `options`.
Splits with_validation_cut(const std::shared_ptr<const Dataset>& train, std::shared_ptr<const Dataset> test, const OpenOptions& options,
                           const std::string& where);

}  // namespace bitloom::data
