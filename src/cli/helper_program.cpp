#include "cli/helper_program.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "cli/command_line.h"

namespace bitloom::cli {

std::filesystem::path helper_path(const std::string& name) { return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name; }

std::vector<std::string> helper_command(const std::string& name, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), helper_path(name).string());
  if (is_quiet()) arguments.push_back("--quiet");
  return arguments;
}

void become_helper(const std::string& name, std::vector<std::string> arguments) {
  arguments = helper_command(name, std::move(arguments));
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  execv(words.front(), words.data());
  throw InputError(arguments.front(), std::string("cannot be started: ") + std::strerror(errno),
                   "build it: it belongs to every build of bitloom");
}

}  // namespace bitloom::cli
