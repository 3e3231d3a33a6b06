#pragma once

/// Before a function of plain loops: compiled for several processors, the best of which is chosen when the program starts. Results do not
/// depend on it, as nothing is fused (-ffp-contract=off). Sanitizers are not ready that early. The levels of x86-64 are told by what a processor
/// can do; a processor's name, such as haswell, would be taken by no other one, whatever it can do.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define BITLOOM_CLONES [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#else
#define BITLOOM_CLONES
#endif
