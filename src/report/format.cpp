#include "report/format.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "base/text.h"

namespace bitloom::report {

std::string grouped(std::int64_t number) {
  const std::string digits = fmt::format("{}", number);
  std::string with_commas;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::size_t behind = digits.size() - i;
    if (behind % 3 == 0 && i > 0 && digits[i - 1] != '-') with_commas += ',';
    with_commas += digits[i];
  }
  return with_commas;
}

std::string grouped(double number) {
  if (!std::isfinite(number)) return fixed(number, 1);
  const std::int64_t tenths = std::llround(number * 10), whole = tenths / 10, rest = std::abs(tenths % 10);
  if (rest == 0) return grouped(whole);
  return fmt::format("{}{}.{}", tenths < 0 && whole == 0 ? "-" : "", grouped(whole), rest);
}

std::string fixed(double number, int decimals) {
  if (!std::isfinite(number)) return "not a number";
  const std::string digits = fmt::format("{:.{}f}", number, decimals);
  return digits.find_first_of("123456789") == std::string::npos && digits.front() == '-' ? digits.substr(1) : digits;  // no "-0.00"
}

std::string percent(double number) { return fixed(number, 2) + " %"; }

std::string megahertz(double mhz) { return grouped(mhz) + " MHz"; }

std::string counted(std::int64_t count, std::string_view singular) {
  return fmt::format("{} {}{}", grouped(count), singular, count == 1 ? "" : "s");
}

std::string_view to_string(Origin::Kind kind) {
  switch (kind) {
    case Origin::Kind::kMeasured: return "measured";
    case Origin::Kind::kCounted: return "counted";
    case Origin::Kind::kSimulated: return "simulated";
    case Origin::Kind::kSynthesized: return "synthesized";
    case Origin::Kind::kEstimated: return "estimated";
    case Origin::Kind::kNotRun: break;
  }
  return "not run";
}

std::string to_string(const Origin& origin) {
  return origin.detail.empty() ? std::string(to_string(origin.kind)) : fmt::format("{}: {}", to_string(origin.kind), origin.detail);
}

std::string integer_name(const Request& request) {
  const std::string rest = request.part_in_float ? "/FP32" : "";
  if (request.weight_bits == 0) return "mixed INT" + rest;
  if (request.weight_bits == request.activation_bits) return fmt::format("INT{}{}", request.weight_bits, rest);
  return fmt::format("W{}A{}{}", request.weight_bits, request.activation_bits, rest);
}

std::string class_name(const RunReport& report, int index) {
  const bool named = index >= 0 && static_cast<std::size_t>(index) < report.class_names.size();
  return named ? report.class_names[static_cast<std::size_t>(index)] : fmt::format("class {}", index);
}

std::string duration_of(double cycles, const Request& request) {
  return request.clock_mhz > 0 ? human_duration(cycles / (request.clock_mhz * 1e6)) : "";
}

std::string why_no_fmax(const Synthesis& synthesis) {
  return synthesis.failure.empty() ? "the open tools give no timing for this part" : "there is no layout to take the timing from";
}

double images_per_second(const RunReport& report) {
  if (!report.verification || report.verification->cycles_per_image <= 0) return 0;
  return report.request.clock_mhz * 1e6 / report.verification->cycles_per_image;
}

}  // namespace bitloom::report
