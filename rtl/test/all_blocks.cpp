#include "test/blocks.h"

namespace bitloom::rtl {

std::vector<Block> all_blocks() {
  return {skid_buffer_block(),   stream_fifo_block(), width_converter_block(), sliding_window_block(), parallel_window_block(),
          matrix_vector_block(), requantize_block(),  pool_block(),            lookup_table_block(),   pipeline_block()};
}

}  // namespace bitloom::rtl
