#include "get/commands.h"

#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>

#include "base/error.h"
#include "base/subprocess.h"
#include "base/version.h"
#include "get/get_set.h"

namespace bitloom::get {
namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may set it");

/// The first Ctrl-C (or TERM) ends the work at the next buffer; the second ends the process as usual.
void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_requested = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int fail(const std::string& message, int exit_code) {
  std::fputs(("error: " + message + "\n").c_str(), stderr);
  return exit_code;
}

void get(const std::string& name, GetOptions options) {
  const data::RemoteSet& set = data::remote_set(name);
  if (options.data_dir.empty()) throw InputError(name, "no data folder is given", "pass --data-dir DIR or set BITLOOM_DATA");
  options.transfer.should_stop = [] { return stop_requested.load(); };
  stop_on_signals();
  const GetResult result = get_set(set, options);
  if (Progress::is_quiet()) return;
  const std::string what =
      result.downloaded == 0 ? "already there, and every checksum is right; nothing was downloaded" : "there, and every checksum is right";
  std::fputs(fmt::format("{}: {}\n", result.folder.string(), what).c_str(), stderr);
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app("Bitloom's downloader. Meant to be started by `bitloom data get`.", "bitloom-get");
  std::string name;
  GetOptions options;
  app.set_version_flag("--version", std::string("bitloom-get ") + version());
  app.add_flag_callback("-q,--quiet", [] { Progress::set_quiet(true); }, "No progress; errors only");
  app.add_option("SET", name, "Data set")->required();
  app.add_option("--data-dir", options.data_dir, "Where downloaded sets live")->envname("BITLOOM_DATA");
  app.add_option("--from", options.from, "Address of the set's files instead of the publisher's");
  app.add_option("--retries", options.transfer.retries, "Of a download that makes no progress")->check(CLI::NonNegativeNumber);
  try {
    app.parse(argc, argv);
    get(name, options);
    return 0;
  } catch (const CLI::Success& help_or_version) {
    return app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    return fail(std::string("bitloom-get: ") + error.what() + "; see bitloom-get --help", 2);
  } catch (const Stopped&) {
    std::fputs("stopped; the same command goes on from there\n", stderr);
    return kExitStopped;
  } catch (const Error& error) {
    return fail(error.what(), error.exit_code());
  } catch (const std::bad_alloc&) {
    return fail("out of memory", 2);
  } catch (const std::exception& error) {
    return fail(std::string(error.what()) + " (this is a bug in bitloom; please report it with the command that you ran)", 2);
  }
}

}  // namespace bitloom::get
