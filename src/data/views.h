#pragma once

#include "data/dataset.h"
#include "data/memory_dataset.h"

namespace bitloom::data {

/// The images at `indices` of `set`, in that order. Reads through to `set`.
std::shared_ptr<const Dataset> subset(std::shared_ptr<const Dataset> set, std::vector<std::int64_t> indices);

/// `set` with every image in memory, read in parallel, for work that reads images again and again: a generated set draws an image at
/// each read, a folder too large for memory decodes one. Returns `set` itself when it is in memory already.
std::shared_ptr<const MemoryDataset> in_memory(std::shared_ptr<const Dataset> set);

}  // namespace bitloom::data
