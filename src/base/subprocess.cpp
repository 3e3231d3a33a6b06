#include "base/subprocess.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>
#include <utility>

#include "base/error.h"

extern char** environ;

namespace bitloom {
namespace fs = std::filesystem;
namespace {

/// Debian package of each program that Bitloom starts. A program that is not listed has no package of its own.
const std::map<std::string, std::string>& debian_packages() {
  static const std::map<std::string, std::string> packages{
      {"verilator", "verilator"},          {"iverilog", "iverilog"},       {"vvp", "iverilog"},
      {"yosys", "yosys"},                  {"icepack", "fpga-icestorm"},   {"icetime", "fpga-icestorm"},
      {"nextpnr-ice40", "nextpnr-ice40"},  {"z3", "z3"},                   {"chromium", "chromium"},
      {"g++", "g++"},                      {"make", "make"},               {"cmake", "cmake"},
      {"ninja", "ninja-build"},            {"git", "git"},
  };
  return packages;
}

[[noreturn]] void fail(const fs::path& where, const std::string& action, int error) {
  throw InputError(where.string(), action + ": " + std::strerror(error));
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }
  int get() const { return number_; }
  void reset(int number = -1) {
    if (number_ >= 0) close(number_);
    number_ = number;
  }

 private:
  int number_;
};

/// The log of one run, written as the output comes so that it can be followed and survives a crash. Does nothing without a path.
class Log {
 public:
  explicit Log(const fs::path& path) : path_(path) {
    if (path.empty()) return;
    file_.reset(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file_.get() < 0) fail(path, "cannot write", errno);
  }
  void write_all(std::string_view bytes) {
    while (file_.get() >= 0 && !bytes.empty()) {
      const ssize_t written = write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(path_, "cannot write", errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

 private:
  fs::path path_;
  Descriptor file_;
};

/// Cuts a stream of bytes into lines.
class LineSplitter {
 public:
  explicit LineSplitter(const std::function<void(const std::string&)>& on_line) : on_line_(on_line) {}
  void add(std::string_view bytes) {
    if (!on_line_) return;
    for (const char c : bytes) {
      if (c != '\n')
        line_ += c;
      else
        emit();
    }
  }
  void finish() {
    if (!line_.empty()) emit();
  }

 private:
  void emit() {
    const std::string line = std::exchange(line_, {});
    on_line_(line);
  }
  const std::function<void(const std::string&)>& on_line_;
  std::string line_;
};

/// A started program. Unless `wait` was reached (on_line threw, the disk is full), the destructor asks it to end and reaps it.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    kill(pid_, SIGTERM);
    for (int tries = 0; tries < 200; ++tries) {
      if (waitpid(pid_, nullptr, WNOHANG) != 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  int wait(rusage& usage) {
    int status = 0;
    while (wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_;
};

/// The caller's environment with `changes` on top, as "NAME=value".
std::vector<std::string> merged_environment(const std::vector<std::pair<std::string, std::string>>& changes) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) merged[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : changes) merged[name] = value;
  std::vector<std::string> entries;
  for (const auto& [name, value] : merged) entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> c_strings(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// What posix_spawn is told: working folder, standard streams, and signals back to their defaults.
class SpawnSetup {
 public:
  SpawnSetup(const fs::path& directory, int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    if (!directory.empty()) posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
    if (output >= 0) {
      // No standard input: a simulator that stops at a prompt would wait for ever behind a captured output.
      posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
      posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
      posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    }
    sigset_t set;
    sigemptyset(&set);
    posix_spawnattr_setsigmask(&attributes_, &set);
    sigaddset(&set, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &set);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

pid_t start(const std::vector<std::string>& command, const SubprocessOptions& options, int output) {
  const fs::path program = require_program(command.front());
  if (!options.directory.empty() && !fs::is_directory(options.directory)) fail(options.directory, "cannot enter folder", ENOTDIR);
  std::vector<std::string> words = command, settings = merged_environment(options.environment);
  const SpawnSetup setup(options.directory, output);
  pid_t pid = -1;
  const int error =
      posix_spawn(&pid, program.c_str(), setup.actions(), setup.attributes(), c_strings(words).data(), c_strings(settings).data());
  if (error != 0) fail(program, "cannot start", error);
  return pid;
}

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

SubprocessResult run_subprocess(const std::vector<std::string>& command, const SubprocessOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  SubprocessResult result;
  Log log(options.log);
  Descriptor reader, writer;
  if (!options.inherit_output) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail(command.front(), "cannot start", errno);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  Child child(start(command, options, writer.get()));
  writer.reset();  // the child holds the only end left, so that reading ends with it

  LineSplitter lines(options.on_line);
  char buffer[1 << 16];
  while (reader.get() >= 0) {
    const ssize_t count = read(reader.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    const std::string_view bytes(buffer, static_cast<std::size_t>(count));
    result.output.append(bytes);
    log.write_all(bytes);
    lines.add(bytes);
  }
  lines.finish();

  rusage usage{};
  result.exit_code = child.wait(usage);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  result.peak_bytes = std::int64_t{usage.ru_maxrss} * 1024;
  return result;
}

fs::path find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return is_program(name) ? fs::absolute(name) : fs::path();
  const char* path = std::getenv("PATH");
  std::string_view folders = path ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!folders.empty()) {
    const std::size_t colon = folders.find(':');
    const fs::path candidate = fs::path(folders.substr(0, colon)) / name;
    if (is_program(candidate)) return fs::absolute(candidate);
    folders.remove_prefix(colon == std::string_view::npos ? folders.size() : colon + 1);
  }
  return {};
}

fs::path require_program(const std::string& name) {
  fs::path program = find_program(name);
  if (!program.empty()) return program;
  const auto package = debian_packages().find(name);
  throw InputError("", "the program '" + name + "' is not installed",
                   package == debian_packages().end() ? "install it, or add its folder to PATH"
                                                      : "install it: apt-get install " + package->second);
}

}  // namespace bitloom
