#include <algorithm>
#include <set>

#include "onnx/operator.h"
#include "onnx/operators/operators.h"

namespace bitloom::onnx_format {
namespace {

template <class Matches>
const Operator* find(Matches matches) {
  for (const OperatorFamily& family : all_operators())
    if (const auto found = std::ranges::find_if(family, matches); found != family.end()) return &*found;
  return nullptr;
}

}  // namespace

std::span<const OperatorFamily> all_operators() {
  static const OperatorFamily kFamilies[] = {
      binary_operators(),
      cast_operators(),
      constant_operators(),
      conv_operators(),
      elementwise_operators(),
      gather_operators(),
      gemm_operators(),
      integer_operators(),
      normalization_operators(),
      pool_operators(),
      qlinear_operators(),
      qonnx_operators(),
      quantization_operators(),
      rearrange_operators(),
      reduce_operators(),
      resize_operators(),
      slice_operators(),
  };
  return kFamilies;
}

std::string_view canonical_domain(std::string_view domain) {
  if (domain == "ai.onnx") return kStandard;
  if (domain == "finn.custom_op.general" || domain == "onnx.brevitas") return kQonnx;
  return domain;
}

std::vector<std::string> operator_names() {
  std::set<std::string> names;
  for (const OperatorFamily& family : all_operators())
    for (const Operator& known : family)
      names.insert((known.domain.empty() ? "" : std::string(known.domain) + "::") + std::string(known.onnx_name));
  return {names.begin(), names.end()};
}

const Operator* find_by_onnx_name(std::string_view domain, std::string_view onnx_name) {
  domain = canonical_domain(domain);
  return find([&](const Operator& known) { return known.domain == domain && known.onnx_name == onnx_name; });
}

const Operator* find_by_op_name(std::string_view op_name) {
  return find([&](const Operator& known) { return known.write && known.op_name == op_name; });
}

}  // namespace bitloom::onnx_format
