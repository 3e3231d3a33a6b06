#pragma once

#include "data/dataset.h"

namespace bitloom::data {

/// A PNG of sample images: row r shows class r (again from the first class when there are more rows than classes), `cols` images of it
/// in the set's order, blank where it has no more. Small images are enlarged by a whole factor to about 64 pixels.
/// @param rows  0: one a class
/// @throws InputError if the file cannot be written
void write_contact_sheet(const Dataset& set, int rows, int cols, const std::filesystem::path& path);

}  // namespace bitloom::data
