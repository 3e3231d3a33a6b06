#include "train/commands.h"

#include <csignal>
#include <cstdio>
#include <new>
#include <string>

#include "base/error.h"
#include "base/progress.h"
#include "base/version.h"
#include "train/backend.h"

namespace bitloom::train {
namespace {

int fail(const std::string& message, int exit_code) {
  std::fputs(("error: " + message + "\n").c_str(), stderr);
  return exit_code;
}

/// LibTorch's messages go on for pages, with a stack trace.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

void print_notes(const std::vector<std::string>& notes) {
  if (Progress::is_quiet()) return;
  for (const std::string& note : notes) std::fputs(("note: " + note + "\n").c_str(), stderr);
}

int run_command_line(int argc, char** argv) {
  int exit_code = 0;
  CLI::App app("Bitloom's trainer. Meant to be started by `bitloom train` and `bitloom eval --backend torch`.", "bitloom-train");
  app.set_version_flag("--version", std::string("bitloom-train ") + version());
  app.add_flag_callback("-q,--quiet", [] { Progress::set_quiet(true); }, "No progress; errors only");
  app.require_subcommand(1);
  app.fallthrough();
  register_train(app, exit_code);
  register_eval(app);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that grows past a limit (ulimit -f) is an error to report
  prepare_backend();
  try {
    app.parse(argc, argv);
    return exit_code;
  } catch (const CLI::Success& help_or_version) {
    return app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    return fail(std::string("bitloom-train: ") + error.what() + "; see bitloom-train --help", 2);
  } catch (const Error& error) {
    return fail(error.what(), error.exit_code());
  } catch (const std::bad_alloc&) {
    return fail("out of memory; lower train.batch", 2);
  } catch (const std::exception& error) {
    return fail(first_line(error.what()) + " (this is a bug in bitloom; please report it with the command that you ran)", 2);
  }
}

}  // namespace bitloom::train
