#pragma once

#include "serve/http/host_check.h"
#include "serve/http/message.h"
#include "serve/runs/library.h"

namespace bitloom::serve {

/// What is answered to what:
///   /                        the page; its style sheets and scripts beside it
///   /runs.json               Library::list, and 304 to who has it already (If-None-Match)
///   /metrics.json?run=ID&generation=G&from=N    Library::metrics
///   /report.html?run=ID      Library::report
/// No address is ever taken as a path: an ID is looked up among the runs that were found. Only GET and HEAD; nothing is ever changed.
class Site {
 public:
  Site(Library& library, HostCheck hosts) : library_(library), hosts_(std::move(hosts)) {}

  /// Never throws. Safe to call from several threads.
  Answer answer(const Request& request) const;

 private:
  Answer route(const Request& request) const;
  Answer runs(const Request& request) const;
  Answer metrics(const Request& request) const;
  Answer report(const Request& request) const;

  Library& library_;
  HostCheck hosts_;
};

}  // namespace bitloom::serve
