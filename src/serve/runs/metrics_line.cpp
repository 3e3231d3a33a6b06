#include "serve/runs/metrics_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace bitloom::serve {
namespace {

using Json = nlohmann::json;
constexpr double kMostEpochs = 1e9;

/// Takes the numbers out of one flat object as it is parsed, without building it: a long run has ten thousand lines.
class RowHandler final : public nlohmann::json_sax<Json> {
 public:
  explicit RowHandler(EpochRow& row) : row_(row) {}
  std::string problem;
  std::size_t objects = 0;

  bool null() override { return take(std::numeric_limits<double>::quiet_NaN()); }
  bool boolean(bool) override { return refuse(); }
  bool number_integer(number_integer_t value) override { return take(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return take(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return take(value); }
  bool string(string_t&) override { return refuse(); }
  bool binary(binary_t&) override { return refuse(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool start_object(std::size_t) override {
    if (depth_ == 0) ++objects;
    return open();
  }
  bool end_object() override { return close(); }
  bool key(string_t& name) override {
    if (depth_ == 1) column_ = static_cast<std::size_t>(std::ranges::find(kColumns, name) - kColumns.begin());
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    problem = fmt::format("not JSON from byte {} on", position);
    return false;
  }

 private:
  bool take(double value) {
    if (depth_ == 1 && column_ < row_.size()) row_[column_] = value;
    return true;
  }
  bool open() {
    const bool allowed = depth_ != 1 || refuse();  // what the values of other keys hold does not matter
    ++depth_;
    return allowed;
  }
  bool close() {
    --depth_;
    return true;
  }
  bool refuse() {
    if (depth_ != 1 || column_ >= row_.size()) return true;
    problem = fmt::format("'{}' is not a number", kColumns[column_]);
    return false;
  }

  EpochRow& row_;
  std::size_t column_ = kColumns.size();
  int depth_ = 0;
};

}  // namespace

std::string parse_metrics_line(std::string_view line, EpochRow& row) {
  row.fill(std::numeric_limits<double>::quiet_NaN());
  RowHandler handler(row);
  Json::sax_parse(line.begin(), line.end(), &handler);
  if (!handler.problem.empty()) return handler.problem;
  if (handler.objects != 1) return "not a JSON object";
  const double epoch = row[kEpoch];
  if (!(epoch >= 0 && epoch <= kMostEpochs && epoch == std::floor(epoch))) return "has no epoch";
  return "";
}

}  // namespace bitloom::serve
