#include "data/contact_sheet.h"

#include <algorithm>

#include "data/image/image.h"

namespace bitloom::data {
namespace {

constexpr int kGap = 2, kCell = 64;
constexpr std::uint8_t kPaper = 255;

/// Which image each place of the sheet shows, row by row; -1: none.
std::vector<std::int64_t> choose(const Dataset& set, int rows, int cols) {
  const auto classes = static_cast<int>(set.class_names().size());
  std::vector<std::int64_t> places(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols), -1);
  std::vector<int> used(static_cast<std::size_t>(classes));
  for (std::int64_t i = 0; i < set.size(); ++i) {
    const int label = set.label(i), number = used[static_cast<std::size_t>(label)]++;
    const int row = label + number / cols * classes;
    if (row < rows) places[static_cast<std::size_t>(row) * static_cast<std::size_t>(cols) + static_cast<std::size_t>(number % cols)] = i;
  }
  return places;
}

void paste(const std::vector<std::uint8_t>& pixels, ImageShape shape, int zoom, int top, int left, Image& sheet) {
  const auto index = [](ImageShape of, int c, int y, int x) {
    const std::int64_t row = std::int64_t{c} * of.height + y;
    return static_cast<std::size_t>(row * of.width + x);
  };
  for (int c = 0; c < shape.channels; ++c)
    for (int y = 0; y < shape.height * zoom; ++y)
      for (int x = 0; x < shape.width * zoom; ++x)
        sheet.pixels[index(sheet.shape, c, top + y, left + x)] = pixels[index(shape, c, y / zoom, x / zoom)];
}

}  // namespace

void write_contact_sheet(const Dataset& set, int rows, int cols, const std::filesystem::path& path) {
  if (rows <= 0) rows = static_cast<int>(set.class_names().size());
  const ImageShape shape = set.shape();
  const int zoom = std::max(1, kCell / std::max(shape.height, shape.width));
  const int step_y = shape.height * zoom + kGap, step_x = shape.width * zoom + kGap;
  Image sheet{{shape.channels, rows * step_y + kGap, cols * step_x + kGap}, {}};
  sheet.pixels.assign(static_cast<std::size_t>(sheet.shape.bytes()), kPaper);
  const std::vector<std::int64_t> places = choose(set, rows, cols);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(shape.bytes()));
  for (int place = 0; place < rows * cols; ++place) {
    const std::int64_t index = places[static_cast<std::size_t>(place)];
    if (index < 0) continue;
    set.read(index, pixels);
    paste(pixels, shape, zoom, kGap + place / cols * step_y, kGap + place % cols * step_x, sheet);
  }
  write_png(sheet, path);
}

}  // namespace bitloom::data
