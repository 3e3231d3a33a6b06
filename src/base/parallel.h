#pragma once

#include <cstdint>
#include <functional>

namespace bitloom {

/// Number of threads that work without their own setting uses: BITLOOM_THREADS, else the processors this process may run on.
int default_threads();

/// Calls body(i) once for every i in [0, count) from up to `threads` threads (0: default_threads()), in no fixed order; returns when
/// all are done. The first exception stops the hand-out of further indices and is rethrown here.
void parallel_for(std::int64_t count, const std::function<void(std::int64_t)>& body, int threads = 0);

}  // namespace bitloom
