#include "onnx/external_data.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "onnx/tensor_proto.h"

namespace bitloom::onnx_format {
namespace {

namespace fs = std::filesystem;

struct Place {
  std::string location;
  std::int64_t offset = 0;
  std::optional<std::int64_t> length;  ///< none: to the end of the file
};

[[noreturn]] void damaged(const std::string& where, const std::string& what) {
  throw InputError(where, what, "the file is damaged; export it again");
}

std::int64_t count_of(const onnx::StringStringEntryProto& entry, const std::string& where) {
  const std::string& text = entry.value();
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 0)
    damaged(where, fmt::format("{} '{}' of its external data is not a number of bytes", entry.key(), printable(text)));
  return count;
}

Place place_of(const onnx::TensorProto& proto, const std::string& where) {
  Place place;
  for (const onnx::StringStringEntryProto& entry : proto.external_data()) {
    if (entry.key() == "location")
      place.location = entry.value();
    else if (entry.key() == "offset")
      place.offset = count_of(entry, where);
    else if (entry.key() == "length")
      place.length = count_of(entry, where);
    else if (entry.key() != "checksum")
      damaged(where, fmt::format("'{}' of its external data is not known", printable(entry.key())));
  }
  if (place.location.empty()) damaged(where, "its external data have no location");
  return place;
}

/// The file that `location` means. Where it leads is looked at, not how it is spelled: a link inside the folder may point out of it.
fs::path resolved(const fs::path& folder, const std::string& location, const std::string& where) {
  const auto outside = [&] {
    throw InputError(where, fmt::format("its data lie in '{}', outside the model's folder", printable(location)),
                     "put that file beside the model and name it without a path");
  };
  const fs::path relative(location);
  if (relative.is_absolute() || location.find('\0') != std::string::npos || std::ranges::find(relative, "..") != relative.end()) outside();
  std::error_code error;
  const fs::path base = fs::canonical(folder.empty() ? "." : folder, error);
  const fs::path file = error ? fs::path() : fs::canonical(base / relative, error);
  if (error)
    throw InputError(where, fmt::format("its data file '{}' cannot be read: {}", printable(location), error.message()),
                     "copy it into the model's folder");
  if (std::ranges::mismatch(base, file).in1 != base.end()) outside();
  return file;
}

/// Of a file of bytes: opening a pipe would wait for its other end.
std::int64_t size_of(const fs::path& file, const std::string& where) {
  if (!fs::is_regular_file(file))
    throw InputError(where, fmt::format("its data file '{}' is not a file of bytes", printable(file.filename().string())),
                     "copy the one that was exported into the model's folder");
  return static_cast<std::int64_t>(fs::file_size(file));
}

/// More than any element type needs would be read in vain, and a file may claim any length.
void check_length(const onnx::TensorProto& proto, std::int64_t length, const std::string& where) {
  constexpr std::int64_t kMostBytes = 8;  // of an element
  const Shape shape(std::vector<std::int64_t>(proto.dims().begin(), proto.dims().end()));
  if (!is_reasonable(shape)) damaged(where, "impossible dimensions " + to_string(shape));
  if (length > shape.elements() * kMostBytes) damaged(where, fmt::format("{} bytes where the dimensions are {}", length, to_string(shape)));
}

std::string bytes_at(const InputFile& file, std::int64_t offset, std::int64_t length) {
  std::string bytes(static_cast<std::size_t>(length), '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = pread(file.descriptor(), bytes.data() + done, bytes.size() - done, offset + static_cast<std::int64_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) file.fail_to_read(count < 0 ? errno : EIO);  // it was as long when its size was asked
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace

bool is_external(const onnx::TensorProto& proto) { return proto.data_location() == onnx::TensorProto::EXTERNAL; }

onnx::TensorProto ExternalData::embedded(const onnx::TensorProto& proto, const std::string& where) {
  if (proto.has_raw_data()) damaged(where, "it holds data, and names a file for them");
  const Place place = place_of(proto, where);
  const fs::path path = resolved(folder_, place.location, where);
  const std::int64_t size = size_of(path, where);
  const std::string name = printable(place.location);
  if (place.offset > size || place.length.value_or(0) > size - place.offset)
    throw InputError(where,
                     fmt::format("its data, {} bytes from {} on, lie beyond the end of '{}' ({} bytes)", place.length.value_or(0), place.offset, name, size),
                     "that file is cut off or another model's; copy it again");
  const std::int64_t length = place.length.value_or(size - place.offset);
  check_length(proto, length, where);
  // A small model could otherwise name the same large file for a thousand tensors.
  std::int64_t& taken = taken_[path];
  taken += length;
  if (taken > size) damaged(where, fmt::format("the tensors in '{}' are {} bytes up to this one, the file holds {}", name, taken, size));
  onnx::TensorProto result = proto;
  result.clear_data_location();
  result.clear_external_data();
  result.set_raw_data(bytes_at(InputFile(path), place.offset, length));
  return result;
}

}  // namespace bitloom::onnx_format
