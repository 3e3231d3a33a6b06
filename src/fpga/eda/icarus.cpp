#include "fpga/eda/icarus.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <sstream>

#include "base/file.h"
#include "fpga/stream/beats.h"

namespace bitloom::fpga {
namespace {

std::string hex_file(std::span<const std::vector<std::uint8_t>> by_image, const StreamFormat& format) {
  std::string text;
  for (const auto& image : by_image) text += hex_beats(image, format);
  return text;
}

std::string last_line_of(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) last = line;
  return last;
}

}  // namespace

IcarusResult parse_bench_log(const std::string& log) {
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    IcarusResult result;
    int images = 0;
    long long mismatches = 0, span = 0;
    if (std::sscanf(line.c_str(), "PASS: images=%d mismatches=0 span=%lld", &images, &span) == 2) {
      result.span_cycles = span;
      return result;
    }
    if (std::sscanf(line.c_str(), "FAIL: images=%d mismatches=%lld", &images, &mismatches) == 2) {
      result.mismatches = mismatches;
      return result;
    }
    if (line.starts_with("FAIL: ")) {
      result.failure = line.substr(6);
      return result;
    }
  }
  const std::string last = last_line_of(log);
  return {0, 0, last.empty() ? "the test bench said nothing" : "the test bench gave no verdict; its last line: " + last};
}

IcarusResult run_icarus(const DesignFolder& design, std::span<const std::vector<std::uint8_t>> inputs,
                        std::span<const std::vector<std::uint8_t>> outputs, double stall, std::uint64_t seed) {
  // Names relative to the design's folder, which is where the bench runs: its file names have room for 256 characters.
  const std::string work = "build/verify/", program = work + "stream_top_tb.vvp";
  make_directories(design.path / work);
  write_file(design.path / (work + "icarus_input.hex"), hex_file(inputs, design.input));
  write_file(design.path / (work + "icarus_expected.hex"), hex_file(outputs, design.output));
  const SubprocessResult compiled = run_in(
      design,
      {"iverilog", "-g2012", "-o", program, "-s", "stream_top_tb", fmt::format("-Pstream_top_tb.MaxImages={}", inputs.size()), "-f", "sources.f",
       "tb/stream_top_tb.sv"},
      work + "iverilog.log");
  if (compiled.exit_code != 0) return {0, 0, "does not compile: " + last_line_of(compiled.output)};
  const SubprocessResult result = run_in(
      design,
      {"vvp", "-n", program, "+input=" + work + "icarus_input.hex", "+expected=" + work + "icarus_expected.hex", fmt::format("+images={}", inputs.size()),
       fmt::format("+stall={}", std::lround(100 * stall)), fmt::format("+seed={}", seed & 0x7FFFFFFF)},
      work + "icarus.log");
  if (result.exit_code != 0) return {0, 0, fmt::format("vvp ended with exit code {}: {}", result.exit_code, last_line_of(result.output))};
  return parse_bench_log(result.output);
}

}  // namespace bitloom::fpga
