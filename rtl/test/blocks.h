#pragma once

#include "test/bench.h"

namespace bitloom::rtl {

// One function per block, in rtl/<block>/<block>_bench.cpp; all_blocks() calls them.
Block skid_buffer_block();
Block stream_fifo_block();
Block width_converter_block();
Block sliding_window_block();
Block parallel_window_block();
Block matrix_vector_block();
Block requantize_block();
Block pool_block();
Block lookup_table_block();
Block pipeline_block();

/// For blocks without memory files.
inline std::vector<MemoryFile> no_memories(const Case&) { return {}; }

/// Windows of a map, parameters named as in sliding_window but for Lanes: what sliding_window and parallel_window emit.
Elements windows_of(const Case& c, const Elements& maps);
std::int64_t window_out_height(const Case& c);
std::int64_t window_out_width(const Case& c);

}  // namespace bitloom::rtl
