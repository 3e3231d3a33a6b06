#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ir/graph.h"
#include "onnx/external_data.h"

namespace bitloom::onnx_format {

/// `name` without control characters: names go into errors and dumps, which are lines.
std::string one_line(std::string name);

/// The tensors of an ONNX graph by name while it is read, and the graph that grows from them.
class Scope {
 public:
  Scope(std::string file_name, std::int64_t opset_version, double folding_steps)
      : file(std::move(file_name)),
        opset(opset_version),
        graph(file),
        external_data_(std::filesystem::path(file).parent_path()),
        folding_steps_left_(folding_steps) {}

  const std::string file;
  const std::int64_t opset;
  /// The batch that the file was exported for, which is 1 here: shapes that it computes or holds may still say it. 0 when it is open.
  std::int64_t batch = 1;
  Graph graph;

  /// A constant becomes part of the graph when the first node reads it: scales and zero points never do.
  void add_constant(const std::string& name, Tensor tensor);
  void define(const std::string& name, Value* value);
  bool is_defined(const std::string& name) const {
    return values_.contains(name) || constants_.contains(name) || integer_inputs_.contains(name);
  }

  /// The tensor that the file, or one beside it, holds.
  Tensor decoded(const onnx::TensorProto& proto, const std::string& where);
  /// Before `what` is done for a constant. @throws InputError when the file asks for more than ReadOnnxOptions::folding_steps, all in all.
  void spend(double steps, const std::string& where, const std::string& what);

  /// Adds a node to the graph. Where `fold` and all that it reads is constant, it is computed instead and its outputs are constants:
  /// what exporters leave behind to compute shapes goes away like this.
  std::vector<Value*> add(const std::string& name, std::unique_ptr<Op> op, std::vector<Value*> inputs, bool fold);

  /// The ONNX data type that the file declares for a tensor: more than our types say, which hold every float as float32.
  void declare(const std::string& name, int data_type) { declared_.emplace(name, data_type); }
  int declared(const std::string& name) const;  ///< TensorProto::UNDEFINED when the file is silent

  const Tensor* constant(const std::string& name) const;  ///< null when there is none of this name, or it is computed
  Value* value(const std::string& name);                  ///< null when there is none of this name
  /// The integers `name` as a value that stands for reals. Null when it already stands for others. A graph input of integers becomes
  /// an input of those reals and a Quantize, which gives back the integers.
  Value* quantized(const std::string& name, const Quantization& quantization);
  void add_integer_input(const std::string& name, TensorType type) { integer_inputs_.emplace(name, std::move(type)); }
  const TensorType* integer_input(const std::string& name) const;  ///< null when `name` is none, or has been read before
  /// The constant, or dequantized constant, `matrix` with its two axes exchanged. Null when it is neither.
  Value* transposed(Value* matrix);

 private:
  std::vector<Value*> folded(const std::string& name, std::unique_ptr<Op> op, const std::vector<Value*>& inputs);

  ExternalData external_data_;
  double folding_steps_left_;
  std::map<std::string, std::shared_ptr<const Tensor>> constants_;
  std::map<std::string, int> declared_;
  std::map<std::string, Value*> values_;
  std::map<std::string, TensorType> integer_inputs_;  ///< whose scale no node has told yet
  std::map<const Value*, Value*> transposed_;
};

/// One ONNX node as the functions in operators/ see it. What the node holds and no function has asked for is refused at
/// the end, so nothing in a file is ignored in silence.
class NodeReader {
 public:
  /// @throws InputError when the node's operator, its number of inputs or outputs, or an attribute given twice cannot
  /// be accepted.
  NodeReader(const onnx::NodeProto& proto, Scope& scope);

  std::int64_t opset() const { return scope_.opset; }
  Scope& scope() const { return scope_; }
  std::string where() const;  ///< "m.onnx: node 'conv1' (Conv)"
  [[noreturn]] void refuse(const std::string& what, const std::string& fix = {}) const;

  Value* input(int i);           ///< @throws InputError when it is absent
  Value* optional_input(int i);  ///< null when it is absent
  /// An input that must be a constant, such as a scale. @throws InputError when it is computed.
  const Tensor& constant_input(int i, const std::string& meaning);
  /// Type of an input that is quantized by this node: no value is made for it yet.
  TensorType integer_type(int i);
  int inputs() const { return proto_.input_size(); }
  bool has_input(int i) const { return i < proto_.input_size() && !proto_.input(i).empty(); }
  const std::string& input_name(int i) const { return proto_.input(i); }

  std::int64_t integer(const std::string& name, std::int64_t fallback);
  bool has_attribute(const std::string& name) const;
  float real(const std::string& name, float fallback);
  std::vector<std::int64_t> integers(const std::string& name);  ///< empty when it is absent
  std::vector<float> reals(const std::string& name);            ///< empty when it is absent
  std::string text(const std::string& name, const std::string& fallback);
  Tensor tensor(const std::string& name);  ///< @throws InputError when it is absent
  /// `count` integers from `low` to 65536. Empty when the attribute is absent.
  std::vector<int> geometry(const std::string& name, int count, int low);
  /// Refuses every value but `only`, which is what `meaning` says.
  void require_integer(const std::string& name, std::int64_t only, const std::string& meaning);

  /// The elements of an input that must be a constant list of integers (axes, a shape, positions).
  std::vector<std::int64_t> integers_input(int i, const std::string& meaning);
  std::vector<float> reals_input(int i, const std::string& meaning);  ///< as integers_input, of floats
  /// `axis` of a tensor with `rank` axes, counted from its end when negative. @throws InputError when it has no such axis.
  int axis_of(std::int64_t axis, int rank) const;

  /// Adds a node of ours under this node's name; its outputs are this node's. Computed at once where all inputs are constants.
  template <class T>
  void add(T op, std::vector<Value*> inputs) {
    add(std::unique_ptr<Op>(std::make_unique<T>(std::move(op))), std::move(inputs));
  }
  void add(std::unique_ptr<Op> op, std::vector<Value*> inputs);
  /// A node of ours that this node needs before its last one, called NAME.suffix; "" makes it the last, called NAME.
  template <class T>
  Value* add_step(const std::string& suffix, T op, std::vector<Value*> inputs) {
    return scope_.add(suffix.empty() ? name_ : name_ + "." + suffix, std::make_unique<T>(std::move(op)), std::move(inputs), /*fold=*/true).front();
  }
  /// As `add`, but never computed at once: quantizing and dequantizing constants is what a QDQ file says about them.
  template <class T>
  void add_unfolded(T op, std::vector<Value*> inputs) {
    define_output(0, add_unfolded_step("", std::move(op), std::move(inputs)));
  }
  /// As add_unfolded, called like the node's output: for the second of two that one node stands for.
  template <class T>
  void add_under_output_name(T op, std::vector<Value*> inputs) {
    define_output(0, scope_.add(one_line(proto_.output(0)), std::make_unique<T>(std::move(op)), std::move(inputs), /*fold=*/false).front());
  }
  bool has_name_of_its_own() const { return !proto_.name().empty() && proto_.name() != proto_.output(0); }
  template <class T>
  Value* add_unfolded_step(const std::string& suffix, T op, std::vector<Value*> inputs) {
    const std::string name = suffix.empty() ? name_ : name_ + "." + suffix;
    return scope_.add(name, std::make_unique<T>(std::move(op)), std::move(inputs), /*fold=*/false).front();
  }
  /// Before a constant is made that the file does not hold. @throws InputError when it, or all of them, are too large.
  void allow_constant(const Shape& shape) const;
  /// A constant of this node's making, called NAME.suffix.
  Value* add_constant(const std::string& suffix, Tensor tensor) { return scope_.graph.add_constant(name_ + "." + suffix, std::move(tensor)); }
  int outputs() const { return proto_.output_size(); }
  bool has_output(int i) const { return i < proto_.output_size() && !proto_.output(i).empty(); }
  void define_output(int i, Value* value);  ///< ignored where the file does not name that output
  /// Makes the node's output a constant instead.
  void define_constant(Tensor tensor);

  /// @throws InputError listing what is supported when the node's operator is not.
  void check_operator() const;
  /// Reads the node by the function in the table.
  void read();

 private:
  const onnx::AttributeProto* find(const std::string& name, onnx::AttributeProto::AttributeType type);
  Value* defined(const std::string& name) const;

  const onnx::NodeProto& proto_;
  Scope& scope_;
  std::string name_;
  std::set<std::string> asked_;
};

}  // namespace bitloom::onnx_format
