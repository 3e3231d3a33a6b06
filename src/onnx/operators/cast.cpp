#include "ir/ops/cast.h"

#include <fmt/format.h>

#include <optional>

#include "onnx/operators/operators.h"
#include "onnx/tensor_proto.h"

/// Operators that change nothing but the type, and those that change nothing at all once training is over.
namespace bitloom::onnx_format {
namespace {

using onnx::TensorProto;

std::optional<Cast> cast_to(int data_type) {
  Cast op;
  if (data_type == TensorProto::FLOAT16) op.format = FloatFormat::kFloat16;
  if (data_type == TensorProto::BFLOAT16) op.format = FloatFormat::kBfloat16;
  if (is_floating_point(data_type)) return op;
  const std::optional<ElementType> element = element_type(data_type);
  if (!element) return std::nullopt;
  op.element = *element;
  return op;
}

void add_cast(NodeReader& node, int data_type) {
  const std::optional<Cast> op = cast_to(data_type);
  if (!op) {
    const bool known = TensorProto::DataType_IsValid(data_type);
    node.refuse("casts to " + (known ? TensorProto::DataType_Name(static_cast<TensorProto::DataType>(data_type)) : std::to_string(data_type)),
                "supported: floats of 16 to 64 bits, integers of 8 to 64 bits, bool");
  }
  Value* x = node.input(0);
  const bool changes_nothing = x->type().element == op->element && op->format == FloatFormat::kFloat32;
  if (changes_nothing) return node.define_output(0, x);
  node.add(*op, {x});
}

void read_cast(NodeReader& node) {
  node.integer("saturate", 1);  // says what becomes of large values in 8 bits, to which nothing is cast here
  add_cast(node, static_cast<int>(node.integer("to", TensorProto::UNDEFINED)));
}

/// The second input lends its type only; where the file does not declare it, it is that of our tensor.
void read_cast_like(NodeReader& node) {
  node.integer("saturate", 1);
  const Value* like = node.input(1);
  const int declared = node.scope().declared(node.input_name(1));
  add_cast(node, declared != TensorProto::UNDEFINED ? declared : static_cast<int>(data_type(like->type().element)));
}

/// Tensors are float32 here, so rounding to a narrower format is a cast there and one back, which reading drops.
void write_cast(NodeWriter& node) {
  const Cast& op = node.op<Cast>();
  if (op.format == FloatFormat::kFloat32) return node.integer("to", data_type(op.element));
  node.integer("to", op.format == FloatFormat::kFloat16 ? TensorProto::FLOAT16 : TensorProto::BFLOAT16);
  onnx::AttributeProto& back = *node.add_follower("Cast", "back").add_attribute();
  back.set_name("to");
  back.set_type(onnx::AttributeProto::INT);
  back.set_i(TensorProto::FLOAT);
}

void read_identity(NodeReader& node) { node.define_output(0, node.input(0)); }

/// Drops nothing in inference, which is said by 'is_test' before opset 7 and by an input after opset 11.
void read_dropout(NodeReader& node) {
  node.integer("seed", 0);
  if (node.opset() < 7 && node.integer("is_test", 0) == 0) node.refuse("is_test = 0 is training", "export the model for inference");
  float ratio = node.opset() < 12 ? node.real("ratio", 0.5f) : 0.5f;
  if (node.has_input(1)) {
    const Tensor& given = node.constant_input(1, "ratio");
    if (!given.is_float() || given.elements() != 1) node.refuse("the ratio is not a number", "the file is damaged; export it again");
    ratio = given.floats()[0];
  }
  if (node.has_input(2)) {
    const std::vector<std::int64_t> training = node.integers_input(2, "training mode");
    if (training.size() != 1) node.refuse("the training mode is not one value", "the file is damaged; export it again");
    if (training[0] != 0 && ratio != 0) node.refuse("training mode is on", "export the model for inference");
  }
  Value* x = node.input(0);
  node.define_output(0, x);
  if (!node.has_output(1)) return;
  node.allow_constant(x->shape());
  Tensor mask(TensorType{x->shape(), node.opset() < 10 ? ElementType::float32() : ElementType::boolean(), {}});
  mask.visit([](auto all) { std::ranges::fill(all, 1); });
  node.define_output(1, node.add_constant("mask", std::move(mask)));
}

constexpr bool kTakesIntegers = true;
constexpr Operator kOperators[] = {
    {"Cast", 1, 1, Cast::kName, read_cast, write_cast, kTakesIntegers},
    {"CastLike", 2, 2, "", read_cast_like, nullptr},
    {"Dropout", 1, 3, "", read_dropout, nullptr},
    {"Identity", 1, 1, "", read_identity, nullptr},
};

}  // namespace

OperatorFamily cast_operators() { return kOperators; }

}  // namespace bitloom::onnx_format
