#include "engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <unordered_map>

#include "base/error.h"
#include "engine/constants.h"
#include "engine/memory_plan.h"

namespace bitloom::engine {
namespace {

std::size_t element_bytes(const TensorType& type) {
  return type.element == ElementType::int64() ? sizeof(std::int64_t) : sizeof(std::int32_t);
}

std::size_t bytes_of(const TensorType& type) { return static_cast<std::size_t>(type.shape.elements()) * element_bytes(type); }

const std::byte* data(const Tensor& tensor) {
  return tensor.visit([](auto elements) { return reinterpret_cast<const std::byte*>(elements.data()); });
}
std::byte* data(Tensor& tensor) {
  return tensor.visit([](auto elements) { return reinterpret_cast<std::byte*>(elements.data()); });
}

void copy_bytes(const std::byte* from, std::byte* to, std::size_t bytes) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}

/// `type` for n images.
TensorType stacked(TensorType type, std::int64_t n) {
  if (n == 1) return type;
  if (type.shape.rank() == 0) type.shape = Shape{1};
  type.shape[0] *= n;
  return type;
}

}  // namespace

/// Walks a graph once: kernels for its nodes, and for each value the steps between which it is needed.
class Engine::Builder {
 public:
  Builder(Engine& engine, const Graph& graph, Isa isa) : engine_(engine), isa_(isa) {
    for (const Value* input : graph.inputs()) slot_of_[input] = new_slot(*input);
    for (const Node* node : graph.nodes()) only_reshapes(*node) ? reshape(*node) : add_step(*node);
    for (const Value* output : graph.outputs()) read(output, step_count());
    const MemoryPlan plan = plan_memory(lifetimes_);
    engine.workspace_bytes_ = plan.bytes;
    place_steps(graph, plan);
    for (const Value* input : graph.inputs()) engine.inputs_.push_back({input->name(), input->type(), place(input, plan)});
    for (const Value* output : graph.outputs()) engine.outputs_.push_back({output->name(), output->type(), place(output, plan)});
  }

 private:
  int step_count() const { return static_cast<int>(engine_.steps_.size()); }

  std::size_t new_slot(const Value& value) {
    lifetimes_.push_back({bytes_of(value.type()), step_count(), step_count()});
    return lifetimes_.size() - 1;
  }

  void read(const Value* value, int step) {
    if (value && !value->is_constant()) lifetimes_[slot_of_.at(value)].last = step;
  }

  void reshape(const Node& node) { slot_of_[node.output()] = slot_of_.at(node.input(0)); }

  void add_step(const Node& node) {
    for (const Value* input : node.inputs()) read(input, step_count());
    for (const Value* output : node.outputs()) slot_of_[output] = new_slot(*output);
    Step step{node.name(), std::string(node.op().name()), make_kernel(node, isa_), {}, {}, {}, {}, 0};
    for (const Value* output : node.outputs())
      step.floats.push_back(output->type().element.is_float ? static_cast<std::size_t>(output->shape().elements()) : 0);
    lifetimes_.push_back({step.kernel->scratch_bytes(), step_count(), step_count()});
    step.scratch = lifetimes_.size() - 1;  // the slot; place_steps makes it the offset
    engine_.steps_.push_back(std::move(step));
  }

  Place place(const Value* value, const MemoryPlan& plan) const {
    if (!value) return {};
    if (value->is_constant()) return {value->shared_constant(), 0};
    return {nullptr, plan.offsets[slot_of_.at(value)]};
  }

  void place_steps(const Graph& graph, const MemoryPlan& plan) {
    auto step = engine_.steps_.begin();
    for (const Node* node : graph.nodes()) {
      if (only_reshapes(*node)) continue;
      for (const Value* input : node->inputs()) step->inputs.push_back(place(input, plan));
      for (const Value* output : node->outputs()) step->outputs.push_back(place(output, plan).offset);
      for (const Value* input : node->inputs()) step->absent.push_back(!input);
      step->scratch = plan.offsets[step->scratch];
      ++step;
    }
  }

  Engine& engine_;
  const Isa isa_;
  std::vector<Lifetime> lifetimes_;
  std::unordered_map<const Value*, std::size_t> slot_of_;
};

Engine::Engine(const Graph& graph, Isa isa) : name_(graph.name()) { Builder(*this, with_constants_computed(graph), isa); }

void Engine::Workspace::Free::operator()(std::byte* block) const { ::operator delete(block, std::align_val_t{kAlignment}); }

Engine::Workspace::Workspace(const Engine& engine)
    : block_(static_cast<std::byte*>(::operator new(std::max(engine.workspace_bytes_, kAlignment), std::align_val_t{kAlignment}))) {}

void Engine::run_image(std::byte* block, const Observer& observer) const {
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  for (const Step& step : steps_) {
    inputs.clear();
    outputs.clear();
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
      const Place& place = step.inputs[i];
      inputs.push_back(step.absent[i] ? nullptr : place.constant ? data(*place.constant) : block + place.offset);
    }
    for (const std::size_t offset : step.outputs) outputs.push_back(block + offset);
    step.kernel->run({inputs, outputs, block + step.scratch});
    for (std::size_t i = 0; observer && i < outputs.size(); ++i)
      if (step.floats[i] > 0) observer(step.node, {static_cast<const float*>(outputs[i]), step.floats[i]});
  }
}

std::vector<Tensor> Engine::run(const std::vector<Tensor>& inputs, Workspace& workspace, const Observer& observer) const {
  const bool has_batch = !inputs.empty() && inputs_.front().type.shape.rank() > 0 && inputs_.front().type.shape[0] > 0;
  const std::int64_t n = has_batch ? inputs.front().shape()[0] / inputs_.front().type.shape[0] : 1;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const TensorType wanted = stacked(inputs_[i].type, n);
    if (inputs[i].shape() != wanted.shape || inputs[i].type().element != wanted.element)
      throw InputError(fmt::format("{}: input '{}'", name_, inputs_[i].name),
                       fmt::format("takes {} but was given {}", to_string(inputs_[i].type), to_string(inputs[i].type())));
  }
  std::vector<Tensor> results;
  for (const Port& port : outputs_) results.push_back(port.place.constant ? *port.place.constant : Tensor(stacked(port.type, n)));
  std::byte* block = workspace.block_.get();
  for (std::int64_t image = 0; image < n; ++image) {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const std::size_t bytes = bytes_of(inputs_[i].type);
      copy_bytes(data(inputs[i]) + static_cast<std::size_t>(image) * bytes, block + inputs_[i].place.offset, bytes);
    }
    run_image(block, observer);
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      const std::size_t bytes = bytes_of(outputs_[i].type);
      if (!outputs_[i].place.constant) copy_bytes(block + outputs_[i].place.offset, data(results[i]) + static_cast<std::size_t>(image) * bytes, bytes);
    }
  }
  return results;
}

std::vector<Engine::StepInfo> Engine::steps() const {
  std::vector<StepInfo> list;
  for (const Step& step : steps_) list.push_back({step.node, step.op, step.kernel->name()});
  return list;
}

}  // namespace bitloom::engine
