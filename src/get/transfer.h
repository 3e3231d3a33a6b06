#pragma once

#include <cstdint>
#include <string>

#include "base/progress.h"
#include "get/part_file.h"
#include "get/stop.h"

namespace bitloom::get {

struct TransferOptions {
  int retries = 5;           ///< of failures that may pass (no network, a broken connection, 5xx), as long as no further byte arrives
  double first_wait = 1;     ///< seconds before the first of them; each wait is twice the one before, a minute at most
  long connect_seconds = 20;
  long stall_seconds = 30;   ///< a connection this long without data counts as broken
  StopCheck should_stop = {};
};

inline constexpr long kMostRedirects = 5;

/// Downloads `url` by HTTP or HTTPS until `part` holds all its `bytes`. Where `part` holds the beginning of it, only the rest is asked
/// for, under the condition that the file is still the same (Range, If-Range with the ETag or the date of the earlier answer); a server
/// that sends the whole file instead, or an earlier answer that named no version, starts it anew. Redirects are followed, from https only
/// to https; certificates are checked. What arrived stays in `part` whatever happens.
/// @param progress  set to the bytes that have arrived
/// @throws InputError naming the address: not there, the wrong length, failures that did not pass; naming the file where the disk is full.
/// Stopped
void download(const std::string& url, std::int64_t bytes, PartFile& part, const TransferOptions& options, Progress& progress);

}  // namespace bitloom::get
