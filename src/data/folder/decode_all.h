#pragma once

#include "data/dataset.h"
#include "data/folder/corrupt_images.h"
#include "data/folder/listing.h"

namespace bitloom::data {

/// The images of a listing, one shape all of them. Those with a reason have no pixels that mean anything.
struct DecodedImages {
  std::shared_ptr<const Dataset> set;
  Reasons reasons;
};

/// Decodes every image once, in parallel with progress, and keeps the pixels where `budget` allows (cache/image_store.h): in memory, in a
/// mapped file, or nowhere; then each read decodes anew. A mapped file of the same images (names, sizes, times and target size) is taken as
/// it is, also where memory would do: then no image is read at all.
/// @throws InputError for the first corrupt image, unless options.skip_corrupt; for images of several sizes that are not to be resized
DecodedImages decode_all(const std::filesystem::path& root, const Listing& listing, const OpenOptions& options, CacheBudget& budget);

}  // namespace bitloom::data
