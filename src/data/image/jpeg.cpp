#include <setjmp.h>
#include <stdio.h>  // jpeglib.h needs FILE before it

#include <jpeglib.h>

#include <jerror.h>

#include "base/error.h"
#include "data/image/codec.h"

namespace bitloom::data {
namespace {

/// Warnings after which libjpeg goes on with pixels that it made up. Others (stray bytes between segments, say) lose nothing.
bool loses_pixels(int code) {
  return code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_JPEG_EOF || code == JWRN_MUST_RESYNC ||
         code == JWRN_ARITH_BAD_CODE;
}

/// libjpeg reports through callbacks that must not return on an error: they jump back to where the library was called. So the functions
/// that call setjmp below hold nothing with a destructor between it and the jump.
struct ErrorManager {
  jpeg_error_mgr base;  // first, so that libjpeg's pointer to it is one to us
  jmp_buf called;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void jump_out(j_common_ptr library) {
  auto* errors = reinterpret_cast<ErrorManager*>(library->err);
  library->err->format_message(library, errors->message);
  longjmp(errors->called, 1);
}

void on_message(j_common_ptr library, int level) {
  if (level < 0 && loses_pixels(library->err->msg_code)) jump_out(library);
}

class JpegReader {
 public:
  explicit JpegReader(std::string_view bytes) : bytes_(bytes) {
    library_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = jump_out;
    errors_.base.emit_message = on_message;
    errors_.message[0] = '\0';
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&library_); }

  /// False on an error, which `message` then tells.
  bool read_header() {
    if (setjmp(errors_.called) != 0) return false;
    jpeg_create_decompress(&library_);
    jpeg_mem_src(&library_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    jpeg_read_header(&library_, TRUE);
    return true;
  }

  bool read_pixels(std::uint8_t* row, Image& image) {
    if (setjmp(errors_.called) != 0) return false;
    library_.out_color_space = image.shape.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    library_.dct_method = JDCT_ISLOW;  // exact integers: the same pixels with and without SIMD
    jpeg_start_decompress(&library_);
    while (library_.output_scanline < library_.output_height) {
      const int y = static_cast<int>(library_.output_scanline);
      jpeg_read_scanlines(&library_, &row, 1);
      scatter_row(row, y, image);
    }
    jpeg_finish_decompress(&library_);
    return true;
  }

  const jpeg_decompress_struct& header() const { return library_; }
  const char* message() const { return errors_.message; }

 private:
  std::string_view bytes_;
  jpeg_decompress_struct library_{};
  ErrorManager errors_{};
};

ImageShape read_shape(JpegReader& reader, const std::string& where) {
  if (!reader.read_header()) fail_damaged(where, "JPEG", reader.message());
  const jpeg_decompress_struct& header = reader.header();
  require_readable_size(header.image_height, header.image_width, where);
  const J_COLOR_SPACE colours = header.jpeg_color_space;
  if (colours != JCS_GRAYSCALE && colours != JCS_YCbCr && colours != JCS_RGB)
    throw InputError(where, "a JPEG in CMYK or an unknown colour space", "convert it to RGB");
  return {colours == JCS_GRAYSCALE ? 1 : 3, static_cast<int>(header.image_height), static_cast<int>(header.image_width)};
}

}  // namespace

bool is_jpeg(std::string_view bytes) { return bytes.starts_with("\xFF\xD8\xFF"); }

ImageShape probe_jpeg(std::string_view bytes, const std::string& where) {
  JpegReader reader(bytes);
  return read_shape(reader, where);
}

Image decode_jpeg(std::string_view bytes, const std::string& where) {
  JpegReader reader(bytes);
  Image image{read_shape(reader, where), {}};
  image.pixels.resize(static_cast<std::size_t>(image.shape.bytes()));
  std::vector<std::uint8_t> row(static_cast<std::size_t>(image.shape.channels) * static_cast<std::size_t>(image.shape.width));
  if (!reader.read_pixels(row.data(), image)) fail_damaged(where, "JPEG", reader.message());
  return image;
}

}  // namespace bitloom::data
