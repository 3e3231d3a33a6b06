#include <png.h>
#include <setjmp.h>

#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "data/image/codec.h"

namespace bitloom::data {
namespace {

/// libpng's error callback must not return: it jumps back to where the library was called (see jpeg.cpp). Warnings are about parts that
/// carry no pixels, and pass.
class PngReader {
 public:
  explicit PngReader(std::string_view bytes) : rest_(bytes) {
    message_[0] = '\0';
    library_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    if (library_ != nullptr) info_ = png_create_info_struct(library_);
    if (info_ == nullptr) throw std::bad_alloc();
  }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&library_, &info_, nullptr); }

  /// False on an error, which `message` then tells.
  bool read_header() {
    if (setjmp(called_) != 0) return false;
    png_set_read_fn(library_, this, on_read);
    png_set_user_limits(library_, 0x7FFFFFFF, 0x7FFFFFFF);  // sizes are judged by require_readable_size, in its words
    png_read_info(library_, info_);
    return true;
  }

  bool read_pixels(png_bytep* rows) {
    if (setjmp(called_) != 0) return false;
    const png_byte type = png_get_color_type(library_, info_);
    if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(library_);
    if (type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(library_);
    png_set_scale_16(library_);
    png_set_strip_alpha(library_);
    png_set_interlace_handling(library_);
    png_read_update_info(library_, info_);
    png_read_image(library_, rows);
    png_read_end(library_, nullptr);
    return true;
  }

  ImageShape shape(const std::string& where) const {
    const std::int64_t height = png_get_image_height(library_, info_), width = png_get_image_width(library_, info_);
    require_readable_size(height, width, where);
    const bool colour = (png_get_color_type(library_, info_) & PNG_COLOR_MASK_COLOR) != 0;  // a palette has this bit too
    return {colour ? 3 : 1, static_cast<int>(height), static_cast<int>(width)};
  }
  const char* message() const { return message_; }

 private:
  [[noreturn]] static void on_error(png_structp library, png_const_charp message) {
    auto* self = static_cast<PngReader*>(png_get_error_ptr(library));
    std::strncpy(self->message_, message, sizeof self->message_ - 1);
    longjmp(self->called_, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}
  static void on_read(png_structp library, png_bytep out, std::size_t wanted) {
    auto* self = static_cast<PngReader*>(png_get_io_ptr(library));
    if (self->rest_.size() < wanted) png_error(library, "the file ends too early");
    std::memcpy(out, self->rest_.data(), wanted);
    self->rest_.remove_prefix(wanted);
  }

  std::string_view rest_;
  png_structp library_ = nullptr;
  png_infop info_ = nullptr;
  jmp_buf called_;
  char message_[256] = {};
};

}  // namespace

bool is_png(std::string_view bytes) { return bytes.starts_with("\x89PNG\r\n\x1A\n"); }

ImageShape probe_png(std::string_view bytes, const std::string& where) {
  PngReader reader(bytes);
  if (!reader.read_header()) fail_damaged(where, "PNG", reader.message());
  return reader.shape(where);
}

Image decode_png(std::string_view bytes, const std::string& where) {
  PngReader reader(bytes);
  if (!reader.read_header()) fail_damaged(where, "PNG", reader.message());
  Image image{reader.shape(where), {}};
  const std::size_t height = static_cast<std::size_t>(image.shape.height);
  const std::size_t row_bytes = static_cast<std::size_t>(image.shape.width) * static_cast<std::size_t>(image.shape.channels);
  std::vector<std::uint8_t> interleaved(height * row_bytes);
  std::vector<png_bytep> rows(height);
  for (std::size_t y = 0; y < height; ++y) rows[y] = interleaved.data() + y * row_bytes;
  if (!reader.read_pixels(rows.data())) fail_damaged(where, "PNG", reader.message());
  image.pixels.resize(interleaved.size());
  for (int y = 0; y < image.shape.height; ++y) scatter_row(rows[static_cast<std::size_t>(y)], y, image);
  return image;
}

void write_png(const Image& image, const std::filesystem::path& path) {
  const ImageShape shape = image.shape;
  const std::size_t plane = static_cast<std::size_t>(shape.height) * static_cast<std::size_t>(shape.width);
  const auto channels = static_cast<std::size_t>(shape.channels);
  std::vector<std::uint8_t> interleaved(plane * channels);
  for (std::size_t i = 0; i < plane; ++i)
    for (std::size_t c = 0; c < channels; ++c) interleaved[i * channels + c] = image.pixels[c * plane + i];

  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(shape.width);
  header.height = static_cast<png_uint_32>(shape.height);
  header.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&header, bytes.data(), &size, 0, interleaved.data(), 0, nullptr) == 0)
    throw InputError(path.string(), std::string("cannot write as PNG: ") + header.message);
  bytes.resize(size);
  write_file(path, bytes);
}

}  // namespace bitloom::data
