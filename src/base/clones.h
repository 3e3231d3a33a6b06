#pragma once

/// Before a function of plain loops: compiled for several processors, the best of which is chosen when the program starts. Results do not
/// depend on it, as nothing is fused (-ffp-contract=off). Sanitizers are not ready that early.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define BITLOOM_CLONES [[gnu::target_clones("arch=skylake-avx512", "arch=haswell", "default")]]
#else
#define BITLOOM_CLONES
#endif
