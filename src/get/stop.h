#pragma once

#include <functional>

namespace bitloom::get {

/// Asked again and again during long work; true: end it, leaving what was done for the next call.
using StopCheck = std::function<bool()>;

/// Thrown where a StopCheck said so. No error: the user asked for it.
struct Stopped {};

inline void throw_if_stopped(const StopCheck& should_stop) {
  if (should_stop && should_stop()) throw Stopped{};
}

}  // namespace bitloom::get
