// The operator's own reference, for what has no kernel: tensors are copied in and out.
#include <cstring>

#include "engine/kernels/all_kernels.h"

namespace bitloom::engine {
namespace {

class Reference final : public Kernel {
 public:
  explicit Reference(const Node& node) : op_(node.op().clone()) {
    for (const Value* input : node.inputs()) {
      inputs_.push_back(input ? Tensor(input->type()) : Tensor());
      absent_.push_back(!input);
    }
    for (const Value* output : node.outputs()) {
      outputs_.emplace_back(output->type());
      has_elements_ |= output->shape().elements() > 0;
    }
  }

  std::string_view name() const override { return "reference"; }

  void run(const Operands& operands) const override {
    if (!has_elements_) return;
    std::vector<Tensor> inputs = inputs_, outputs = outputs_;
    std::vector<const Tensor*> given;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!absent_[i]) inputs[i].visit([&](auto to) { copy(operands.inputs[i], to.data(), to.size_bytes()); });
      given.push_back(absent_[i] ? nullptr : &inputs[i]);
    }
    op_->evaluate(given, outputs);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      outputs[i].visit([&](auto from) { copy(from.data(), operands.outputs[i], from.size_bytes()); });
  }

 private:
  static void copy(const void* from, void* to, std::size_t bytes) {
    if (bytes > 0) std::memcpy(to, from, bytes);
  }

  std::unique_ptr<Op> op_;
  std::vector<Tensor> inputs_, outputs_;
  std::vector<bool> absent_;
  bool has_elements_ = false;
};

}  // namespace

std::unique_ptr<Kernel> make_reference(const Node& node, Isa) { return std::make_unique<Reference>(node); }

}  // namespace bitloom::engine
