// Drives a Verilator model of any stream_top. Written by `bitloom verify`; the same source for every design. Arguments:
//   --input FILE --expected FILE  bytes of the AXI4-Stream words, image after image
//   --input-bytes N --output-bytes N    of a word        --input-beats N --output-beats N    words an image
//   --element-bytes N --element-signed 0|1    of an output        --images N
//   --stall P --seed N            probability that an end holds back in a cycle
//   --patience N                  cycles without a beat at either end that count as a hang
//   --unit-beats A,B,...          output beats an image of each unit; with --timeline N: report the activity of the first N images
// Standard output: a line "image K" as each image completes, then one JSON object. Exit code 0 if the simulation ran to its end, whatever
// it found.
#include <verilated.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "Vstream_top.h"
#include "Vstream_top___024root.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

// A port is an integer of the next size up, or an array of 32-bit words above 64 bits; the bytes lie in it lowest first.
template <class Port>
void write_port(Port& port, const std::uint8_t* bytes, std::size_t count) {
  static_assert(sizeof(Port) >= 1);
  std::memset(&port, 0, sizeof port);
  std::memcpy(&port, bytes, count);
}
template <class Port>
bool bit_of(const Port& port, std::size_t bit) {
  std::uint8_t byte = 0;
  std::memcpy(&byte, reinterpret_cast<const char*>(&port) + bit / 8, 1);
  return (byte >> (bit % 8)) & 1;
}

class Random {  // splitmix64
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  bool chance(double probability) {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53 < probability;
  }

 private:
  std::uint64_t state_;
};

Bytes read_bytes(const std::string& path, std::size_t wanted) {
  Bytes bytes(wanted);
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file || std::fread(bytes.data(), 1, wanted, file) != wanted) {
    std::fprintf(stderr, "cannot read %zu bytes of %s\n", wanted, path.c_str());
    std::exit(2);
  }
  std::fclose(file);
  return bytes;
}

std::int64_t element_at(const std::uint8_t* bytes, std::size_t size, bool is_signed) {
  std::uint64_t value = 0;
  for (std::size_t b = 0; b < size; ++b) value |= std::uint64_t{bytes[b]} << (8 * b);
  if (is_signed && size < 8 && (bytes[size - 1] & 0x80)) value |= ~std::uint64_t{0} << (8 * size);
  return static_cast<std::int64_t>(value);
}

struct Options {
  std::map<std::string, std::string> values;
  std::size_t number(const std::string& key) const { return std::stoull(values.at(key)); }
  double real(const std::string& key) const { return std::stod(values.at(key)); }
  std::vector<std::size_t> numbers(const std::string& key) const {
    std::vector<std::size_t> list;
    for (const char* p = values.at(key).c_str(); *p;) {
      char* end = nullptr;
      list.push_back(std::strtoull(p, &end, 10));
      p = *end ? end + 1 : end;
    }
    return list;
  }
};

struct Activity {
  std::int64_t first = -1, last = -1;
};

class Harness {
 public:
  Harness(VerilatedContext& context, const Options& options)
      : context_(context),
        top_(&context),
        images_(options.number("images")),
        in_bytes_(options.number("input-bytes")),
        out_bytes_(options.number("output-bytes")),
        in_beats_(options.number("input-beats")),
        out_beats_(options.number("output-beats")),
        element_bytes_(options.number("element-bytes")),
        element_signed_(options.number("element-signed") != 0),
        patience_(static_cast<std::int64_t>(options.number("patience"))),
        stall_(options.real("stall")),
        random_(options.number("seed")),
        unit_beats_(options.numbers("unit-beats")),
        timeline_(options.number("timeline")),
        inputs_(read_bytes(options.values.at("input"), images_ * in_beats_ * in_bytes_)),
        expected_(read_bytes(options.values.at("expected"), images_ * out_beats_ * out_bytes_)),
        unit_count_(unit_beats_.size(), 0),
        activity_(unit_beats_.size(), std::vector<Activity>(timeline_)) {}

  void run() {
    reset();
    const std::size_t words = images_ * out_beats_;
    while (failure_.empty() && received_ < words) step();
    // Whoever answers more than it was asked is wrong, too.
    for (std::int64_t i = 0; failure_.empty() && i < 1000; ++i) step();
    top_.final();
  }

  void print() const {
    std::printf("{\"images\": %zu, \"failure\": \"%s\", \"mismatches\": %zu", received_ / out_beats_, failure_.c_str(), mismatches_);
    if (mismatches_)
      std::printf(", \"first_mismatch\": {\"image\": %zu, \"index\": %zu, \"expected\": %lld, \"actual\": %lld}", first_index_ / elements(),
                  first_index_ % elements(), static_cast<long long>(first_expected_), static_cast<long long>(first_actual_));
    std::printf(", \"first_input_cycle\": %lld, \"image_cycles\": [", static_cast<long long>(first_input_cycle_));
    for (std::size_t i = 0; i < image_cycles_.size(); ++i) std::printf("%s%lld", i ? ", " : "", static_cast<long long>(image_cycles_[i]));
    std::printf("], \"timeline\": [");
    for (std::size_t u = 0; u < activity_.size(); ++u) {
      std::printf("%s[", u ? ", " : "");
      for (std::size_t i = 0; i < timeline_; ++i)
        std::printf("%s[%lld, %lld]", i ? ", " : "", static_cast<long long>(activity_[u][i].first), static_cast<long long>(activity_[u][i].last));
      std::printf("]");
    }
    std::printf("]}\n");
  }

 private:
  std::size_t elements() const { return out_beats_ * out_bytes_ / element_bytes_; }

  void tick() {
    top_.aclk = 1;
    top_.eval();
    context_.timeInc(1);
    top_.aclk = 0;
    context_.timeInc(1);
  }

  void reset() {
    top_.aclk = 0;
    top_.aresetn = 1;
    top_.s_axis_tvalid = 0;
    top_.m_axis_tready = 0;
    top_.eval();
    top_.aresetn = 0;
    for (int i = 0; i < 4; ++i) {
      top_.eval();
      tick();
    }
    top_.aresetn = 1;
  }

  /// One clock cycle: offer and accept, let it settle, see what moves.
  void step() {
    const std::size_t in_total = images_ * in_beats_;
    if (!offering_ && sent_ < in_total && !random_.chance(stall_)) {
      offering_ = true;
      write_port(top_.s_axis_tdata, &inputs_[sent_ * in_bytes_], in_bytes_);
    }
    top_.s_axis_tvalid = offering_;
    top_.m_axis_tready = !random_.chance(stall_);
    top_.eval();
    ++idle_;
    if (offering_ && top_.s_axis_tready) take_input();
    if (top_.m_axis_tvalid && top_.m_axis_tready) take_output();
    if (timeline_) watch_units();
    const bool done = received_ == images_ * out_beats_;
    if (!done && idle_ > patience_)
      fail("hangs: no beat at either end for " + std::to_string(patience_) + " cycles, after " + std::to_string(received_) + " of " +
           std::to_string(images_ * out_beats_) + " output words");
    if (context_.gotFinish()) fail("stops by itself");
    ++cycle_;
    tick();
  }

  void take_input() {
    if (sent_ == 0) first_input_cycle_ = cycle_;
    ++sent_;
    offering_ = false;
    idle_ = 0;
  }

  void take_output() {
    idle_ = 0;
    if (received_ == images_ * out_beats_) return fail("puts out more words than it should");
    const std::uint8_t* expected = &expected_[received_ * out_bytes_];
    std::uint8_t actual[sizeof top_.m_axis_tdata];
    std::memcpy(actual, &top_.m_axis_tdata, sizeof actual);
    if (std::memcmp(actual, expected, out_bytes_) != 0) compare(actual, expected);
    ++received_;
    const bool ends = received_ % out_beats_ == 0;
    if (static_cast<bool>(top_.m_axis_tlast) != ends) fail("m_axis_tlast is wrong at word " + std::to_string(received_ - 1));
    if (!ends) return;
    image_cycles_.push_back(cycle_);
    std::printf("image %zu\n", received_ / out_beats_);
    std::fflush(stdout);
  }

  void compare(const std::uint8_t* actual, const std::uint8_t* expected) {
    for (std::size_t b = 0; b < out_bytes_; b += element_bytes_) {
      const std::int64_t want = element_at(expected + b, element_bytes_, element_signed_);
      const std::int64_t have = element_at(actual + b, element_bytes_, element_signed_);
      if (want == have) continue;
      if (mismatches_++ == 0) {
        first_index_ = (received_ * out_bytes_ + b) / element_bytes_;
        first_expected_ = want;
        first_actual_ = have;
      }
    }
  }

  void watch_units() {
    for (std::size_t u = 0; u < unit_beats_.size(); ++u) {
      if (!bit_of(top_.rootp->stream_top__DOT__beat_moves, u)) continue;
      const std::size_t image = unit_count_[u]++ / unit_beats_[u];
      if (image >= timeline_) continue;
      Activity& activity = activity_[u][image];
      if (activity.first < 0) activity.first = cycle_ - first_input_cycle_;
      activity.last = cycle_ - first_input_cycle_;
    }
  }

  void fail(std::string why) {
    if (failure_.empty()) failure_ = std::move(why);
  }

  VerilatedContext& context_;
  Vstream_top top_;
  const std::size_t images_, in_bytes_, out_bytes_, in_beats_, out_beats_, element_bytes_;
  const bool element_signed_;
  const std::int64_t patience_;
  const double stall_;
  Random random_;
  const std::vector<std::size_t> unit_beats_;
  const std::size_t timeline_;
  const Bytes inputs_, expected_;

  bool offering_ = false;
  std::size_t sent_ = 0, received_ = 0, mismatches_ = 0, first_index_ = 0;
  std::int64_t cycle_ = 0, idle_ = 0, first_input_cycle_ = 0, first_expected_ = 0, first_actual_ = 0;
  std::vector<std::int64_t> image_cycles_;
  std::vector<std::size_t> unit_count_;
  std::vector<std::vector<Activity>> activity_;
  std::string failure_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) options.values[argv[i] + 2] = argv[i + 1];
  VerilatedContext context;
  context.randReset(2);  // registers without a reset start with random contents
  context.randSeed(static_cast<int>(options.number("seed") & 0x7FFFFFFF) | 1);
  Harness harness(context, options);
  harness.run();
  harness.print();
}
