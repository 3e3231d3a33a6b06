#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "onnx/operators/operators.h"
#include "onnx/tensor_proto.h"

/// Operators whose result is known while the file is read, since all shapes are: they never become nodes.
namespace bitloom::onnx_format {
namespace {

/// The element type that a number of ONNX's enumeration means here.
ElementType element_type(NodeReader& node, std::int64_t data_type) {
  onnx::TensorProto empty;
  empty.set_data_type(static_cast<int>(std::clamp<std::int64_t>(data_type, 0, 1 << 16)));
  empty.add_dims(0);
  return decode(empty, node.where()).type().element;
}

void read_constant(NodeReader& node) {
  if (node.has_attribute("value")) return node.define_constant(node.tensor("value"));
  if (node.has_attribute("value_float")) return node.define_constant(Tensor(Shape{}, std::vector<float>{node.real("value_float", 0)}));
  if (node.has_attribute("value_int")) return node.define_constant(Tensor::int64({}, {node.integer("value_int", 0)}));
  if (node.has_attribute("value_floats")) {
    const std::vector<float> values = node.reals("value_floats");
    return node.define_constant(Tensor(Shape{static_cast<std::int64_t>(values.size())}, values));
  }
  if (node.has_attribute("value_ints")) return node.define_constant(integer_list(node.integers("value_ints")));
  node.refuse("it holds no numbers", "supported: value, value_float, value_floats, value_int, value_ints");
}

void read_constant_of_shape(NodeReader& node) {
  const Shape shape(node.integers_input(0, "shape"));
  node.allow_constant(shape);
  const Tensor value = node.has_attribute("value") ? node.tensor("value") : Tensor(Shape{1}, std::vector<float>{0});
  if (value.elements() != 1) node.refuse("its value is " + to_string(value.type()), "give one");
  Tensor filled(TensorType{shape, value.type().element, {}});
  filled.visit([&](auto all) { std::ranges::fill(all, value.values<typename decltype(all)::value_type>()[0]); });
  node.define_constant(std::move(filled));
}

void read_shape(NodeReader& node) {
  const std::vector<std::int64_t>& dims = node.input(0)->shape().dims();
  const auto rank = static_cast<std::int64_t>(dims.size());
  const auto clamped = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const std::int64_t start = clamped(node.integer("start", 0)), end = std::max(clamped(node.integer("end", rank)), start);
  node.define_constant(Tensor::int64({end - start}, {dims.begin() + start, dims.begin() + end}));
}

void read_size(NodeReader& node) {
  node.define_constant(Tensor::int64({}, {node.input(0)->shape().elements()}));
}

void read_range(NodeReader& node) {
  const Tensor* limits[] = {&node.constant_input(0, "start"), &node.constant_input(1, "limit"), &node.constant_input(2, "step")};
  const ElementType element = limits[0]->type().element;
  for (const Tensor* limit : limits)
    if (limit->elements() != 1 || limit->type().element != element)
      node.refuse("start, limit and step are not one number of one type each", "the file is damaged; export it again");
  const Tensor range = limits[0]->visit([&](auto first) {
    using T = std::remove_const_t<typename decltype(first)::element_type>;
    const T start = first[0], limit = limits[1]->values<T>()[0], step = limits[2]->values<T>()[0];
    const double count = step == 0 ? -1
                                   : std::max(0.0, std::ceil((static_cast<double>(limit) - static_cast<double>(start)) /
                                                             static_cast<double>(step)));
    if (!(count >= 0 && count <= static_cast<double>(kMostElements)))
      node.refuse("its steps do not lead to an end", "the file is damaged; export it again");
    const Shape shape{static_cast<std::int64_t>(count)};
    node.allow_constant(shape);
    Tensor result(TensorType{shape, element, {}});
    const auto to = result.values<T>();
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<T>(start + static_cast<T>(i) * step);
    return result;
  });
  node.define_constant(range);
}

void read_eye_like(NodeReader& node) {
  const TensorType& like = node.input(0)->type();
  if (like.shape.rank() != 2) node.refuse("its input is " + to_string(like), "give a matrix");
  node.allow_constant(like.shape);
  const ElementType element = node.has_attribute("dtype") ? element_type(node, node.integer("dtype", 0)) : like.element;
  const std::int64_t diagonal = node.integer("k", 0), rows = like.shape[0], columns = like.shape[1];
  Tensor eye(TensorType{like.shape, element, {}});
  eye.visit([&](auto all) {
    // Distances are compared, not sums: k may be any number.
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j)
        if (j - i == diagonal) all[static_cast<std::size_t>(i * columns + j)] = 1;
  });
  node.define_constant(std::move(eye));
}

void read_non_zero(NodeReader& node) {
  const Tensor& x = node.constant_input(0, "tensor whose elements are counted");
  node.allow_constant(x.shape());
  std::vector<std::size_t> found;
  x.visit([&](auto all) {
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i] != 0) found.push_back(i);
  });
  const auto rank = static_cast<std::size_t>(x.shape().rank());
  std::vector<std::int64_t> positions(rank * found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto rest = static_cast<std::int64_t>(found[i]);
    for (std::size_t axis = rank; axis-- > 0; rest /= x.shape()[static_cast<int>(axis)])
      positions[axis * found.size() + i] = rest % x.shape()[static_cast<int>(axis)];
  }
  node.define_constant(Tensor::int64({static_cast<std::int64_t>(rank), static_cast<std::int64_t>(found.size())}, std::move(positions)));
}

void read_trilu(NodeReader& node) {
  Tensor x = node.constant_input(0, "tensor to take a triangle of");
  node.allow_constant(x.shape());
  std::int64_t diagonal = 0;
  if (node.has_input(1)) {
    const std::vector<std::int64_t> given = node.integers_input(1, "diagonal");
    if (given.size() != 1) node.refuse(fmt::format("{} diagonals", given.size()), "give one");
    diagonal = given[0];
  }
  const bool upper = node.integer("upper", 1) != 0;
  if (x.shape().rank() < 2) node.refuse("its input is " + to_string(x.type()), "give matrices");
  const std::int64_t rows = x.shape()[x.shape().rank() - 2], columns = x.shape()[x.shape().rank() - 1];
  x.visit([&](auto all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::int64_t column = static_cast<std::int64_t>(i) % columns, row = static_cast<std::int64_t>(i) / columns % rows;
      if (upper ? column - row < diagonal : column - row > diagonal) all[i] = 0;
    }
  });
  node.define_constant(std::move(x));
}

constexpr Operator kOperators[] = {
    {"Constant", 0, 0, "", read_constant, nullptr},
    {"ConstantOfShape", 1, 1, "", read_constant_of_shape, nullptr},
    {"EyeLike", 1, 1, "", read_eye_like, nullptr},
    {"NonZero", 1, 1, "", read_non_zero, nullptr},
    {"Range", 3, 3, "", read_range, nullptr},
    {"Shape", 1, 1, "", read_shape, nullptr},
    {"Size", 1, 1, "", read_size, nullptr},
    {"Trilu", 1, 2, "", read_trilu, nullptr},
};

}  // namespace

OperatorFamily constant_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
