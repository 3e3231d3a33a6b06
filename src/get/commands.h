#pragma once

namespace bitloom::get {

/// The command line of bitloom-get, which `bitloom data get` starts. Returns the exit code.
int run_command_line(int argc, char** argv);

}  // namespace bitloom::get
