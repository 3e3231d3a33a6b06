#pragma once

#include <string>

#include "report/report.h"

namespace bitloom::report {

/// The image as the bytes of a PNG file, grey or RGB.
std::string encode_png(const Image& image);

}  // namespace bitloom::report
