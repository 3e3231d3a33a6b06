#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "report/report.h"

namespace bitloom::report {

std::string grouped(std::int64_t number);          ///< "1,234,567"
std::string grouped(double number);                ///< as above when whole, else with one decimal: "1,234.5"
std::string fixed(double number, int decimals);    ///< "98.61"; "not a number" for NaN and infinities
std::string percent(double number);                ///< "98.61 %"
std::string megahertz(double mhz);                 ///< "24 MHz", "28.3 MHz"
std::string counted(std::int64_t count, std::string_view singular);  ///< "1 image", "2,000 images"

std::string_view to_string(Origin::Kind kind);     ///< "measured", "not run"
std::string to_string(const Origin& origin);       ///< "simulated: Verilator 5.006, 200 images"

std::string integer_name(const Request& request);  ///< "INT8"; "W4A8" where weights and activations differ; "mixed INT" where layers do; "INT8/FP32" where some stay in float
std::string class_name(const RunReport& report, int index);  ///< its name, or "class 7"

/// Cycles as time at the request's clock: "1.2 ms". Empty without a clock.
std::string duration_of(double cycles, const Request& request);
/// Why there is no fmax although synthesis ran.
std::string why_no_fmax(const Synthesis& synthesis);
/// What the pipeline does at the request's clock; 0 when that is not known.
double images_per_second(const RunReport& report);

}  // namespace bitloom::report
