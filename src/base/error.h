#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace bitloom {

/// A failure that the user can understand and act on. `what()` is one line: "WHERE: WHAT; FIX", each part optional but WHAT.
/// The command line prints it behind "error: " and exits with `exit_code()`. What only we can cause is an `assert`.
class Error : public std::runtime_error {
 public:
  int exit_code() const { return exit_code_; }

 protected:
  /// @param where  file, file:line, or graph and node; "" when there is no place
  /// @param what   what is wrong, with the offending value
  /// @param fix    how to mend it, as an instruction; "" when only `what` can be said
  Error(int exit_code, std::string_view where, std::string_view what, std::string_view fix);

 private:
  int exit_code_;
};

/// Bad input or usage: exit code 2. Thrown before anything has been written.
class InputError : public Error {
 public:
  InputError(std::string_view where, std::string_view what, std::string_view fix = {}) : Error(2, where, what, fix) {}
};

/// The work was done, and its result is not good enough (accuracy below the asked one, a mismatch, does not fit): exit code 1.
class CheckError : public Error {
 public:
  CheckError(std::string_view where, std::string_view what, std::string_view fix = {}) : Error(1, where, what, fix) {}
};

}  // namespace bitloom
