#pragma once

#include "data/dataset.h"

namespace bitloom::data {

/// Opens the images below `root` (listing.h says which). Every image is decoded once before this returns, in parallel with progress, so
/// that a damaged one is named before any work starts, or left out where options.skip_corrupt says so (corrupt_images.h). Where the pixels
/// are kept, decode_all.h says. With options.height and .width images are resized, the aspect ratio is not kept; without, all must have one
/// size. The set is RGB if any image is in colour, and grey images then repeat their channel; else it has one channel. Parts that are not
/// there are cut (split.h): a fifth for test, always the same fifth whatever the seed, so that no later command can take training images
/// for test images; then validation by options. Each part is in a shuffled order that the file names decide, so that its first images show
/// every class.
/// @throws InputError naming the file or folder, and the fix
Splits open_folder(const std::filesystem::path& root, const OpenOptions& options);

}  // namespace bitloom::data
