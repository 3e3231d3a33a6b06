#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

// For tests: archives of entries that a friendly program would not write.
namespace bitloom::get {

struct TestEntry {
  std::string name, content = {};
  std::string symlink = {}, hardlink = {};  ///< to what; "": none
  bool is_folder = false, is_fifo = false;
};

inline std::string pack(const std::vector<TestEntry>& entries, bool zip) {
  const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
  if (zip) {
    archive_write_set_format_zip(writer.get());
  } else {
    archive_write_set_format_pax_restricted(writer.get());
    archive_write_add_filter_gzip(writer.get());
  }
  std::string bytes(1 << 20, '\0');
  std::size_t used = 0;
  archive_write_open_memory(writer.get(), bytes.data(), bytes.size(), &used);
  for (const TestEntry& e : entries) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), e.name.c_str());
    archive_entry_set_filetype(entry.get(), e.is_folder ? AE_IFDIR : e.is_fifo ? AE_IFIFO : e.symlink.empty() ? AE_IFREG : AE_IFLNK);
    archive_entry_set_perm(entry.get(), 06755);
    if (!e.symlink.empty()) archive_entry_set_symlink(entry.get(), e.symlink.c_str());
    if (!e.hardlink.empty()) archive_entry_set_hardlink(entry.get(), e.hardlink.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(e.content.size()));
    if (archive_write_header(writer.get(), entry.get()) != ARCHIVE_OK) throw std::runtime_error(archive_error_string(writer.get()));
    archive_write_data(writer.get(), e.content.data(), e.content.size());
  }
  archive_write_close(writer.get());
  return bytes.substr(0, used);
}

inline std::string tar_gz(const std::vector<TestEntry>& entries) { return pack(entries, false); }
inline std::string zip(const std::vector<TestEntry>& entries) { return pack(entries, true); }

}  // namespace bitloom::get
