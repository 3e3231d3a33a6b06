#include "get/transfer.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <exception>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/version.h"

namespace bitloom::get {
namespace {

constexpr double kLongestWait = 60;
constexpr const char* kMirror = "give another address with --from";

/// Why an attempt ended before all bytes were there.
struct Failure {
  std::string what;
  std::string fix = "check the network and run the command again: it goes on where it stopped";
  bool may_pass = true;       ///< worth another attempt
  double wait_seconds = 0;    ///< that the server asked for
};

Failure lasting(std::string what, std::string fix = kMirror) { return {std::move(what), std::move(fix), false}; }

void start_libcurl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw std::bad_alloc();
}

bool may_pass(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: return true;
    default: return false;
  }
}

bool may_pass(long status) { return status == 408 || status == 425 || status == 429 || status == 500 || (status >= 502 && status <= 504); }

std::string reason_of(long status) {
  static const std::map<long, const char*> reasons = {{401, "Unauthorized"},
                                                      {403, "Forbidden"},
                                                      {404, "Not Found"},
                                                      {410, "Gone"},
                                                      {416, "Range Not Satisfiable"},
                                                      {429, "Too Many Requests"},
                                                      {500, "Internal Server Error"},
                                                      {503, "Service Unavailable"}};
  const auto found = reasons.find(status);
  return found == reasons.end() ? fmt::format("{}", status) : fmt::format("{} {}", status, found->second);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

/// The first byte that an answer to a Range begins at: of "bytes 100-199/200", 100. -1 when it does not say.
std::int64_t first_byte_of(std::string_view content_range) {
  if (!content_range.starts_with("bytes ")) return -1;
  content_range.remove_prefix(6);
  std::int64_t first = -1;
  const auto [end, error] = std::from_chars(content_range.data(), content_range.data() + content_range.size(), first);
  return error == std::errc() && end != content_range.data() + content_range.size() && *end == '-' ? first : -1;
}

/// One request, and what its answer brings into the part file.
class Attempt {
 public:
  Attempt(const std::string& url, std::int64_t bytes, PartFile& part, const TransferOptions& options, Progress& progress)
      : url_(url), bytes_(bytes), part_(part), options_(options), progress_(progress), handle_(curl_easy_init()) {
    if (handle_ == nullptr) throw std::bad_alloc();
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() {
    curl_slist_free_all(request_headers_);
    curl_easy_cleanup(handle_);
  }

  /// Nothing when all bytes are there.
  std::optional<Failure> run() {
    set_up();
    const CURLcode code = curl_easy_perform(handle_);
    if (thrown_) std::rethrow_exception(thrown_);
    if (failure_) return failure_;
    if (code == CURLE_ABORTED_BY_CALLBACK && !has_stalled_) throw Stopped{};
    if (code != CURLE_OK) return explain(code);
    if (!has_begun_ && !begin_body()) return failure_;  // a body of no bytes
    if (part_.size() == bytes_) return {};
    return Failure{fmt::format("the connection ended after {} of {} bytes", part_.size(), bytes_)};
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(handle_, option, value) == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  }

  void set_up() {
    const bool secure = lower(url_.substr(0, 6)) == "https:";
    set(CURLOPT_URL, url_.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMostRedirects);
    set(CURLOPT_FAILONERROR, 1L);  // an error's page is no body
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, options_.connect_seconds);
    set(CURLOPT_USERAGENT, (std::string("bitloom/") + version()).c_str());
    set(CURLOPT_ERRORBUFFER, message_);
    set(CURLOPT_HEADERFUNCTION, &Attempt::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Attempt::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_XFERINFOFUNCTION, &Attempt::on_time);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    // Only bytes of a known version are gone on with. CURLOPT_RESUME_FROM would refuse an answer that begins anew.
    if (part_.size() == 0 || part_.address() != url_ || part_.validator().empty()) return;
    set(CURLOPT_RANGE, fmt::format("{}-", part_.size()).c_str());
    request_headers_ = curl_slist_append(nullptr, ("If-Range: " + part_.validator()).c_str());
    set(CURLOPT_HTTPHEADER, request_headers_);
  }

  Failure explain(CURLcode code) {
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_HTTP_RETURNED_ERROR) return explain_status(status);
    if (code == CURLE_TOO_MANY_REDIRECTS) return lasting(fmt::format("redirects without end (more than {})", kMostRedirects));
    if (code == CURLE_SSL_CACERT_BADFILE)
      return lasting("this machine has no certificates to check servers with", "install the package ca-certificates");
    std::string what = message_[0] != '\0' ? message_ : curl_easy_strerror(code);
    if (code == CURLE_PARTIAL_FILE) what = fmt::format("the connection ended after {} of {} bytes", part_.size(), bytes_);
    if (has_stalled_) what = fmt::format("no data for {} seconds after {} of {} bytes", options_.stall_seconds, part_.size(), bytes_);
    what = printable(what);
    return has_stalled_ || may_pass(code) ? Failure{what} : lasting(what);
  }

  Failure explain_status(long status) {
    if (status == 416) {  // what is here is longer than the server's file
      part_.start("", "");
      return {"the server's file is shorter than what has arrived of it"};
    }
    const std::string what = "the server answers " + reason_of(status);
    if (!may_pass(status)) return lasting(what);
    Failure failure{what};
    curl_off_t seconds = 0;
    if (curl_easy_getinfo(handle_, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK) failure.wait_seconds = static_cast<double>(seconds);
    return failure;
  }

  /// Looks at the answer's head, once. False: it brings nothing of use, and failure_ says why.
  bool begin_body() {
    has_begun_ = true;
    long status = 0;
    curl_off_t length = -1;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(handle_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (status == 206) {
      if (first_byte_of(header("content-range")) == part_.size()) return true;
      part_.start("", "");
      return fail({"the server sent another part of the file than it was asked for"});
    }
    if (status != 200) return fail(lasting("the server answers " + reason_of(status)));
    if (length >= 0 && length != bytes_)
      return fail(lasting(fmt::format("the server's file has {} bytes, the published one {}", length, bytes_)));
    part_.start(url_, validator());
    return true;
  }

  /// What If-Range may carry: a strong ETag, else the date of the last change.
  std::string validator() const {
    const std::string etag = header("etag");
    return !etag.empty() && !etag.starts_with("W/") ? etag : header("last-modified");
  }

  void take_body(std::string_view bytes) {
    if (!has_begun_ && !begin_body()) return;
    if (part_.size() + static_cast<std::int64_t>(bytes.size()) > bytes_) {
      part_.start("", "");
      fail(lasting(fmt::format("the server's file is longer than the published {} bytes", bytes_)));
      return;
    }
    part_.append(bytes);
    progress_.set_done(part_.size());
  }

  void take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) headers_.clear();  // of the next answer, behind a redirect
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) headers_[lower(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
  }

  std::string header(const std::string& name) const {
    const auto found = headers_.find(name);
    return found == headers_.end() ? "" : found->second;
  }

  bool fail(Failure failure) {
    failure_ = std::move(failure);
    return false;
  }

  // Called by libcurl, through which no exception may pass. What is not `size` ends the transfer.
  static std::size_t on_body(char* bytes, std::size_t one, std::size_t size, void* self) {
    return guarded(self, one * size, &Attempt::take_body, bytes);
  }
  static std::size_t on_header(char* bytes, std::size_t one, std::size_t size, void* self) {
    return guarded(self, one * size, &Attempt::take_header, bytes);
  }
  static std::size_t guarded(void* self, std::size_t size, void (Attempt::*take)(std::string_view), const char* bytes) {
    auto* attempt = static_cast<Attempt*>(self);
    try {
      (attempt->*take)({bytes, size});
    } catch (...) {
      attempt->thrown_ = std::current_exception();
    }
    return attempt->thrown_ || attempt->failure_ ? size + 1 : size;
  }
  /// At least once a second. Not 0 ends the transfer.
  static int on_time(void* self, curl_off_t, curl_off_t arrived, curl_off_t, curl_off_t) {
    auto* attempt = static_cast<Attempt*>(self);
    const auto now = std::chrono::steady_clock::now();
    if (std::exchange(attempt->arrived_, arrived) != arrived) attempt->last_data_ = now;
    attempt->has_stalled_ = now - attempt->last_data_ > std::chrono::seconds(attempt->options_.stall_seconds);
    const StopCheck& should_stop = attempt->options_.should_stop;
    return attempt->has_stalled_ || (should_stop && should_stop()) ? 1 : 0;
  }

  const std::string& url_;
  std::int64_t bytes_;
  PartFile& part_;
  const TransferOptions& options_;
  Progress& progress_;
  CURL* handle_;
  curl_slist* request_headers_ = nullptr;
  char message_[CURL_ERROR_SIZE] = {};
  std::map<std::string, std::string> headers_;  ///< of the last answer, names in small letters
  bool has_begun_ = false, has_stalled_ = false;
  curl_off_t arrived_ = 0;
  std::chrono::steady_clock::time_point last_data_ = std::chrono::steady_clock::now();
  std::optional<Failure> failure_;
  std::exception_ptr thrown_;
};

void pause(double seconds, const StopCheck& should_stop) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end) {
    throw_if_stopped(should_stop);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

void download(const std::string& url, std::int64_t bytes, PartFile& part, const TransferOptions& options, Progress& progress) {
  if (part.size() > bytes) part.start("", "");
  if (part.size() == bytes) return;
  start_libcurl();
  std::int64_t furthest = part.size();
  double wait = options.first_wait;
  for (int failures = 0;;) {
    const std::optional<Failure> failure = Attempt(url, bytes, part, options, progress).run();
    if (!failure) return;
    if (part.size() > furthest) {
      furthest = part.size();
      wait = options.first_wait;
      failures = 0;
    }
    if (!failure->may_pass || failures++ >= options.retries) throw InputError(url, failure->what, failure->fix);
    const double seconds = std::clamp(failure->wait_seconds, wait, std::max(wait, kLongestWait));
    progress.print_line(fmt::format("note: {}: {}; trying again in {}", url, failure->what, human_duration(seconds)));
    pause(seconds, options.should_stop);
    wait = std::min(2 * wait, kLongestWait);
  }
}

}  // namespace bitloom::get
