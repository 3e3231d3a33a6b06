#include "ir/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace bitloom {

std::int64_t Shape::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t dim : dims_) product *= dim;
  return product;
}

void Quantization::set_zero_points(std::vector<std::int32_t> each) {
  const bool is_one = std::ranges::all_of(each, [&](std::int32_t zero) { return zero == each.front(); });
  zero_point = is_one ? each.front() : 0;
  zero_points = is_one ? std::vector<std::int32_t>() : std::move(each);
}

std::string to_string(const Shape& shape) {
  return shape.rank() == 0 ? "scalar" : fmt::format("{}", fmt::join(shape.dims(), "x"));
}

std::string to_string(ElementType element) {
  if (element.is_float) return "float32";
  if (element.is_bipolar()) return "bipolar";
  return fmt::format("{}int{}", element.is_signed ? "" : "u", element.bits);
}

std::string to_string(const TensorType& type) {
  std::string text = fmt::format("{}[{}]", to_string(type.element), to_string(type.shape));
  if (const auto& q = type.quantization) {
    if (q->per_channel()) {
      text += fmt::format(" scale per axis {}", q->axis);
    } else {
      text += fmt::format(" scale {}", q->scales.front());
    }
    if (!q->zero_points.empty()) text += " with zero points";
    if (q->zero_point != 0) text += fmt::format(" zero_point {}", q->zero_point);
  }
  return text;
}

}  // namespace bitloom
