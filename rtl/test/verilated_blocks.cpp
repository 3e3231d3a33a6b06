#include <verilated.h>

#include <cassert>

#include "Vlookup_table_bench.h"
#include "Vmatrix_vector_bench.h"
#include "Vparallel_window_bench.h"
#include "Vpipeline_bench.h"
#include "Vpool_bench.h"
#include "Vrequantize_bench.h"
#include "Vskid_buffer_bench.h"
#include "Vsliding_window_bench.h"
#include "Vstream_fifo_bench.h"
#include "Vwidth_converter_bench.h"
#include "test/simulation.h"

namespace bitloom::rtl {
namespace {

template <class Model>
class VerilatedBlock final : public Simulation {
 public:
  VerilatedBlock(std::int64_t slot, std::uint64_t seed) : slot_words_(slot / 32) {
    context_.randReset(2);
    context_.randSeed(static_cast<int>(seed % 1000000 + 1));
    model_ = std::make_unique<Model>(&context_);
    reset();
  }
  void reset() override {
    model_->in_valid_i = 0;
    model_->out_ready_i = 0;
    model_->rst_ni = 0;
    model_->clk_i = 0;
    settle();
    tick();
    model_->rst_ni = 1;
    settle();
  }
  void offer(int i, bool valid, const std::vector<std::uint32_t>* beat) override {
    set_bit(model_->in_valid_i, i, valid);
    for (std::int64_t w = 0; w < slot_words_; ++w) {  // garbage where there is no beat: a block must not look at it
      const bool has = beat && w < std::ssize(*beat);
      model_->in_data_i[static_cast<std::size_t>(i * slot_words_ + w)] = has ? (*beat)[static_cast<std::size_t>(w)] : 0xDEADBEEFu + static_cast<std::uint32_t>(w);
    }
  }
  void accept(int i, bool ready) override { set_bit(model_->out_ready_i, i, ready); }
  void settle() override { model_->eval(); }
  bool in_ready(int i) const override { return static_cast<std::uint64_t>(model_->in_ready_o) >> i & 1; }
  bool out_valid(int i) const override { return static_cast<std::uint64_t>(model_->out_valid_o) >> i & 1; }
  std::vector<std::uint32_t> out_beat(int i, std::int64_t bits) const override {
    std::vector<std::uint32_t> beat(static_cast<std::size_t>((bits + 31) / 32));
    for (std::size_t w = 0; w < beat.size(); ++w) beat[w] = model_->out_data_o[static_cast<std::size_t>(i * slot_words_) + w];
    return beat;
  }
  void tick() override {
    model_->clk_i = 1;
    model_->eval();
    model_->clk_i = 0;
    model_->eval();
  }

 private:
  template <class Port>
  static void set_bit(Port& port, int i, bool value) {
    const Port mask = static_cast<Port>(Port{1} << i);
    port = static_cast<Port>(value ? port | mask : port & static_cast<Port>(~mask));
  }

  std::int64_t slot_words_;
  VerilatedContext context_;
  std::unique_ptr<Model> model_;
};

template <class Model>
std::unique_ptr<Simulation> make(std::int64_t slot, std::uint64_t seed) {
  return std::make_unique<VerilatedBlock<Model>>(slot, seed);
}

struct Entry {
  std::string_view block;
  std::unique_ptr<Simulation> (*make)(std::int64_t, std::uint64_t);
};
constexpr Entry kBlocks[] = {
    {"skid_buffer", make<Vskid_buffer_bench>},         {"stream_fifo", make<Vstream_fifo_bench>},
    {"width_converter", make<Vwidth_converter_bench>}, {"sliding_window", make<Vsliding_window_bench>},
    {"parallel_window", make<Vparallel_window_bench>}, {"matrix_vector", make<Vmatrix_vector_bench>},
    {"requantize", make<Vrequantize_bench>},           {"pool", make<Vpool_bench>},
    {"lookup_table", make<Vlookup_table_bench>},       {"pipeline", make<Vpipeline_bench>},
};

}  // namespace

std::unique_ptr<Simulation> simulate_block(const Block& block, std::uint64_t seed) {
  for (const Entry& entry : kBlocks) {
    if (entry.block == block.name) return entry.make(slot_bits(block, block.cases), seed);
  }
  assert(false && "a block of all_blocks() that is missing in kBlocks");
  return nullptr;
}

}  // namespace bitloom::rtl
