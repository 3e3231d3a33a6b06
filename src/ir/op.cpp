#include "ir/op.h"

#include <algorithm>

#include "ir/graph.h"

namespace bitloom {
namespace {

/// Elements, where an empty dimension counts as one: operators list the places along the others all the same.
double places(const Value& value) {
  double product = 1;
  for (const std::int64_t dim : value.shape().dims()) product *= static_cast<double>(std::max<std::int64_t>(dim, 1));
  return product;
}

}  // namespace

double Op::steps(const Node& node) const {
  double sum = static_cast<double>(node.macs());
  for (const Value* input : node.inputs())
    if (input) sum += places(*input);
  for (const Value* output : node.outputs()) sum += places(*output);
  return sum;
}

}  // namespace bitloom
