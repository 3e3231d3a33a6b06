#include "serve/runs/metrics_reader.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

namespace bitloom::serve {
namespace {

constexpr std::size_t kChunk = 1 << 18;
constexpr std::size_t kLongestLine = 1 << 14;  ///< Bitloom's have 280 bytes
constexpr std::size_t kMostRows = 1'000'000;   ///< ten times what a recipe may ask for
constexpr std::size_t kShownBadLines = 5;

/// Up to `count` bytes from `offset`; none at the end of the file, or where it cannot be read.
std::string bytes_at(const OpenFile& file, off_t offset, std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t filled = 0;
  while (filled < count) {
    const ssize_t got = pread(file.descriptor.get(), bytes.data() + filled, count - filled, offset + static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

std::uint64_t MetricsReader::next_generation() {
  using namespace std::chrono;
  // Below 2^53, which JavaScript's numbers hold exactly.
  static std::atomic<std::uint64_t> next =
      static_cast<std::uint64_t>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()) * 1000;
  return next++;
}

bool MetricsReader::Anchor::holds(const OpenFile& file) const { return bytes_at(file, offset, bytes.size()) == bytes; }

void MetricsReader::update(const OpenFile& file, const std::string& name, Deadline deadline) {
  absence_.clear();
  name_ = name;
  const FileIdentity identity(file.status);
  if (identity == seen_ && !unread_) return;
  if (identity.size < offset_ || !first_.holds(file) || !last_.holds(file)) start_over();
  seen_ = identity;
  read(file, deadline);
}

void MetricsReader::clear(std::string problem) {
  if (offset_ > 0 || !rows_.empty()) start_over();
  seen_ = FileIdentity();
  unread_ = false;
  half_line_.clear();
  absence_ = std::move(problem);
}

void MetricsReader::start_over() {
  rows_.clear();
  generation_ = next_generation();
  offset_ = 0;
  line_ = 1;
  skipping_ = false;
  first_ = last_ = Anchor();
  bad_lines_.clear();
  bad_line_count_ = 0;
}

void MetricsReader::read(const OpenFile& file, Deadline deadline) {
  half_line_.clear();
  std::string bytes;  // of the file from offset_ on
  for (;;) {
    const std::string chunk = bytes_at(file, offset_ + static_cast<off_t>(bytes.size()), kChunk);
    bytes += chunk;
    bytes.erase(0, take_lines(bytes));
    unread_ = chunk.size() == kChunk && std::chrono::steady_clock::now() >= deadline;
    if (unread_) return;
    if (chunk.size() < kChunk) return take_rest(bytes);
  }
}

/// Reads the lines that end in `bytes`, which begin at offset_. @return how many bytes these are
std::size_t MetricsReader::take_lines(std::string_view bytes) {
  std::size_t used = 0;
  for (std::size_t end; (end = bytes.find('\n', used)) != std::string_view::npos; used = end + 1, ++line_) {
    const std::string_view line = bytes.substr(used, end - used);
    if (skipping_)
      skipping_ = false;
    else if (line.size() > kLongestLine)
      report(fmt::format("longer than {} KB", kLongestLine >> 10));
    else if (const std::string problem = take_line(line); !problem.empty())
      report(problem);
    pass(line, 1);
  }
  const std::size_t rest = bytes.size() - used;
  if (rest <= kLongestLine) return used;
  if (!skipping_) report(fmt::format("longer than {} KB", kLongestLine >> 10));
  skipping_ = true;
  pass(bytes.substr(used), 0);
  return bytes.size();
}

/// What stands behind the last line's end: a line that lacks its end, or one that is being written, or was when its writer was killed.
void MetricsReader::take_rest(std::string_view bytes) {
  if (skipping_) return pass(bytes, 0);
  if (is_blank(bytes)) return;
  if (const std::string problem = take_line(bytes); problem.empty())
    pass(bytes, 0);
  else
    half_line_ = fmt::format("{}:{}: half a line: {}", name_, line_, problem);
}

/// Goes on behind a line, of which the file is known again, and the `end` bytes that end it.
void MetricsReader::pass(std::string_view line, off_t end) {
  if (!line.empty()) {
    last_ = {offset_, std::string(line.substr(0, kLongestLine))};
    if (first_.bytes.empty()) first_ = last_;
  }
  offset_ += static_cast<off_t>(line.size()) + end;
}

/// The line at offset_, as a row; what is wrong with it otherwise.
std::string MetricsReader::take_line(std::string_view line) {
  if (is_blank(line)) return "";
  EpochRow row;
  if (std::string problem = parse_metrics_line(line, row); !problem.empty()) return problem;
  if (!rows_.empty() && row[kEpoch] <= rows_.back()[kEpoch])
    return fmt::format("epoch {} stands behind epoch {}", row[kEpoch], rows_.back()[kEpoch]);
  if (rows_.size() >= kMostRows) return fmt::format("is left out, as everything after {} epochs", kMostRows);
  rows_.push_back(row);
  return "";
}

void MetricsReader::report(const std::string& what) {
  if (++bad_line_count_ <= static_cast<std::int64_t>(kShownBadLines)) bad_lines_.push_back(fmt::format("{}:{}: {}", name_, line_, what));
}

std::vector<std::string> MetricsReader::problems() const {
  std::vector<std::string> all = bad_lines_;
  const std::int64_t hidden = bad_line_count_ - static_cast<std::int64_t>(bad_lines_.size());
  if (hidden > 0) all.push_back(fmt::format("{}: and {} more bad line{}", name_, hidden, hidden == 1 ? "" : "s"));
  if (!half_line_.empty()) all.push_back(half_line_);
  if (!absence_.empty()) all.push_back(absence_);
  return all;
}

}  // namespace bitloom::serve
