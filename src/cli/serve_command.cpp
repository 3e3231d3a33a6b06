#include <fmt/format.h>
#include <signal.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "base/error.h"
#include "cli/command_line.h"
#include "serve/http/http_server.h"
#include "serve/http/site.h"
#include "serve/runs/library.h"

namespace bitloom::cli {
namespace {

struct ServeOptions {
  std::filesystem::path runs;
  std::string host = "127.0.0.1";
  int port = 8090;
};

/// Ctrl-C and TERM as events to wait for: blocked from before the first thread starts, so that no thread is interrupted.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  /// Whether one came within a second.
  bool wait() const {
    const timespec second{1, 0};
    return sigtimedwait(&set_, nullptr, &second) > 0;
  }

 private:
  sigset_t set_;
};

void check_folder(const std::filesystem::path& runs) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(runs, error);
  constexpr const char* kFix = "give the folder that `bitloom train` and `bitloom run` write below, such as runs";
  if (status.type() == std::filesystem::file_type::not_found) throw InputError(runs.string(), "there is no such folder", kFix);
  if (error) throw InputError(runs.string(), "cannot be read: " + error.message());
  if (!std::filesystem::is_directory(status)) throw InputError(runs.string(), "is not a folder", kFix);
  if (const serve::ConfinedFolder folder = serve::ConfinedFolder::open(runs); !folder)
    throw InputError(runs.string(), "cannot be read: " + folder.refusal(), "check its permissions");
}

void serve_runs(const ServeOptions& o) {
  check_folder(o.runs);
  const serve::Address address = serve::resolve(o.host);
  serve::Library library(o.runs);
  const serve::Site site(library, serve::HostCheck(o.host, address.is_loopback));
  const EndSignals signals;
  serve::HttpServer server(address, o.port, [&](const serve::Request& request) { return site.answer(request); });
  server.start();
  fmt::print("{}\n", address.url(server.port()));
  std::fflush(stdout);
  say(fmt::format("showing the runs below {}; Ctrl-C ends it", o.runs.string()));
  if (!address.is_loopback) say("note: everybody who can reach this address can read the runs");
  while (!signals.wait())
    if (!server.is_running()) throw CheckError(address.url(server.port()), "the server does not listen any more", "start it again");
  // At once, whatever clients do: nothing was written, so there is nothing to put in order.
  std::fflush(nullptr);
  std::_Exit(0);
}

}  // namespace

void register_serve(CLI::App& app) {
  const auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app.add_subcommand("serve", "Show runs in the browser while they train, and compare them");
  command->add_option("RUNS", options->runs, "Folder whose subfolders are run folders, or one run folder")->required();
  command->add_option("--host", options->host, "Address to listen at; 0.0.0.0 lets other machines in")->capture_default_str();
  command->add_option("--port", options->port, "Port to listen at; 0 takes any free one. The address is printed")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  command->footer(
      "Only reads, and asks no other machine for anything. Folders up to four levels below RUNS are looked into;\n"
      "links there are not followed.");
  command->callback([options] { serve_runs(*options); });
}

}  // namespace bitloom::cli
