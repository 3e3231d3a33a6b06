#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/folder/listing.h"

namespace bitloom::data {

/// What is wrong with each image of a listing; "" where nothing is known to be.
using Reasons = std::vector<std::string>;

/// Calls body(i, the file's bytes) in parallel for every image without a reason yet; what it throws is the image's reason.
/// @throws InputError for files that cannot be read, which is no fault of the images: the first in the listing's order is named
void find_corrupt(const Listing& listing, const std::function<void(std::size_t, const std::string&)>& body, Reasons& reasons);

/// @throws InputError with the first reason, if there is one, and the number of the others
void require_none_corrupt(const Reasons& reasons);

/// Takes the corrupt images out of the listing, and adds notes of how many there are and of the first few.
/// @return the indices of those that stay
/// @throws InputError if all images of a class in a part are corrupt, or more than half of all
std::vector<std::int64_t> take_out_corrupt(const std::filesystem::path& root, const Reasons& reasons, Listing& listing);

}  // namespace bitloom::data
