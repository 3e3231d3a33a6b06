#include "cli/helper_program.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "cli/command_line.h"

namespace bitloom::cli {

void become_helper(const std::string& name, std::vector<std::string> arguments) {
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
  arguments.insert(arguments.begin(), program.string());
  if (is_quiet()) arguments.push_back("--quiet");
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  execv(words.front(), words.data());
  throw InputError(program.string(), std::string("cannot be started: ") + std::strerror(errno),
                   "build it: it belongs to every build of bitloom");
}

}  // namespace bitloom::cli
