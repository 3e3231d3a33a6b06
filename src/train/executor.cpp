#include "train/executor.h"

#include <ATen/ops/from_blob.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cassert>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "ir/interpreter.h"
#include "ir/ops/batch_norm.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/fake_quantize.h"
#include "ir/ops/pool2d.h"
#include "train/operators.h"
#include "train/parameter_tensors.h"

namespace bitloom::train {
namespace {

/// max(pool(x), 0) = pool(max(x, 0)), with the same gradient, on a fraction of the elements: such a pair runs pool first.
bool runs_after_pool(const Node& node) {
  return node.is<Relu>() && node.single_consumer() && node.single_consumer()->is<MaxPool2d>();
}

bool observes(const Node& node) {
  const FakeQuantize* op = node.as<FakeQuantize>();
  return op && op->observer_share > 0;
}

/// What a chain of nodes reads that none of them makes.
std::vector<const Value*> operands_of(const std::vector<const Node*>& chain) {
  std::vector<const Value*> operands(chain.front()->inputs().begin(), chain.front()->inputs().end());
  for (std::size_t i = 1; i < chain.size(); ++i)
    for (const Value* value : chain[i]->inputs())
      if (value != chain[i - 1]->output()) operands.push_back(value);
  return operands;
}

/// The chain of each node that ends one: a step runs where all its operands are there.
std::unordered_map<const Node*, std::vector<const Node*>> chains_by_end(const Graph& graph) {
  std::unordered_map<const Node*, std::vector<const Node*>> chains;
  std::unordered_set<const Node*> inside;
  for (const Node* node : graph.nodes()) {
    if (inside.contains(node)) continue;
    std::vector<const Node*> chain = fused_chain(*node);
    inside.insert(chain.begin(), chain.end());
    chains[chain.back()] = std::move(chain);
  }
  return chains;
}

}  // namespace

struct Executor::State {
  struct Step {
    Kernel kernel;
    std::vector<int> inputs;  ///< slots; -1 for an absent operand
    int output;
    bool frozen = false, is_batch_norm = false, is_observer = false;
    std::vector<int> last_reads;  ///< slots that nobody reads after this step
    std::vector<at::Tensor> operands;
  };

  State(Parameters& all, const at::Device& where, Precision while_training)
      : parameters(&all), precision(while_training), device(where), tensors(all, where) {}

  Parameters* parameters;
  Precision precision;
  at::Device device;
  ParameterTensors tensors;
  Shape image;  ///< of the first input
  std::vector<Step> steps;
  std::vector<at::Tensor> slots;
  std::vector<int> input_slots, output_slots;
  std::vector<const Value*> outputs;
  std::vector<const Parameters::Slice*> trained;
  std::vector<at::Tensor> leaves, gradients;  ///< one of each per `trained`
  std::vector<float> input;
  std::int64_t images = 0;
  at::Tensor result, answer;  ///< on the device, and in main memory

  at::Tensor in_precision(const at::Tensor& x) const { return precision == Precision::kFloat64 && x.is_floating_point() ? x.to(at::kDouble) : x; }
  int slot_of(const Value* value, std::unordered_map<const Value*, int>& known);
  void plan(const Graph& graph);
  void find_last_reads(std::size_t constants);
  void run(Mode mode);
};

/// The slot of a value; constants get theirs filled.
int Executor::State::slot_of(const Value* value, std::unordered_map<const Value*, int>& known) {
  if (!value) return -1;
  const auto [found, is_new] = known.try_emplace(value, static_cast<int>(slots.size()));
  if (!is_new) return found->second;
  at::Tensor& slot = slots.emplace_back();
  if (!value->is_constant()) return found->second;
  const Parameters::Slice* slice = parameters->find(*value);
  slot = in_precision(slice ? tensors.view(*slice) : to_torch(value->constant()).to(device));
  if (slice && slice->role == OperandRole::kParameter) {
    slot.requires_grad_();
    trained.push_back(slice);
    leaves.push_back(slot);
  }
  return found->second;
}

void Executor::State::plan(const Graph& graph) {
  if (const Node* node = first_node_across_images(graph))
    throw InputError(node->where(), "it moves or looks across axis 0, along which a batch of images is stacked",
                     "keep the images on axis 0 when exporting the network");
  std::unordered_map<const Value*, int> known;
  for (const Value* value : graph.constants()) slot_of(value, known);
  const std::size_t constants = slots.size();
  for (const Value* value : graph.inputs()) input_slots.push_back(slot_of(value, known));
  const auto chains = chains_by_end(graph);
  std::unordered_map<const Node*, std::size_t> step_of;
  for (const Node* node : graph.nodes()) {
    if (node->outputs().size() > 1) throw InputError(node->where(), "has several outputs", "train a network without it");
    const auto chain = chains.find(node);
    if (chain == chains.end()) continue;
    const Node& first = *chain->second.front();
    Step& step = steps.emplace_back();
    step.kernel = make_kernel(first);
    for (const Value* value : operands_of(chain->second)) step.inputs.push_back(slot_of(value, known));
    step.operands.resize(step.inputs.size());
    step.output = slot_of(node->output(), known);
    step.frozen = parameters->is_frozen(first);
    step.is_batch_norm = first.is<BatchNorm>();
    step.is_observer = observes(first);
    if (chain->second.size() == 1) step_of[node] = steps.size() - 1;
  }
  for (const auto& [node, step] : step_of)
    if (runs_after_pool(*node)) std::swap(steps[step].kernel, steps[step_of.at(node->single_consumer())].kernel);
  for (const Value* value : graph.outputs()) output_slots.push_back(known.at(value));
  find_last_reads(constants);
}

/// So that a pass lets go of each tensor as early as it can; constants, which have the first slots, and graph outputs stay.
void Executor::State::find_last_reads(std::size_t constants) {
  std::unordered_set<int> read_later(output_slots.begin(), output_slots.end());
  for (auto step = steps.rbegin(); step != steps.rend(); ++step)
    for (const int slot : step->inputs)
      if (slot >= static_cast<int>(constants) && read_later.insert(slot).second) step->last_reads.push_back(slot);
}

void Executor::State::run(Mode mode) {
  c10::AutoGradMode gradients_on(mode == Mode::kTrain);
  const PrecisionScope scope(mode == Mode::kTrain ? precision : Precision::kFloat32, device.is_cuda());
  for (Step& step : steps) {
    for (std::size_t i = 0; i < step.inputs.size(); ++i)
      if (step.inputs[i] >= 0) step.operands[i] = slots[static_cast<std::size_t>(step.inputs[i])];
    at::Tensor output = step.kernel(step.operands, step.frozen ? Mode::kEvaluate : mode);
    for (at::Tensor& operand : step.operands) operand.reset();
    slots[static_cast<std::size_t>(step.output)] = std::move(output);
    for (const int slot : step.last_reads) slots[static_cast<std::size_t>(slot)].reset();
  }
}

Executor::Executor(const Graph& graph, Parameters& parameters, const Device& device, Precision precision)
    : state_(std::make_unique<State>(parameters, to_torch(device), precision)) {
  state_->image = graph.inputs().front()->shape();
  state_->outputs = {graph.outputs().begin(), graph.outputs().end()};
  state_->plan(graph);
}

Executor::Executor(Executor&&) noexcept = default;
Executor::~Executor() = default;

std::span<float> Executor::input(std::int64_t images) {
  const auto size = static_cast<std::size_t>(images * state_->image.elements());
  if (state_->input.size() < size) state_->input.resize(size);
  state_->images = images;
  return std::span(state_->input).first(size);
}

std::span<const float> Executor::forward(Mode mode) {
  State& s = *state_;
  assert(mode == Mode::kEvaluate || s.precision != Precision::kFloat64);
  s.tensors.fetch();
  std::vector<std::int64_t> shape = s.image.dims();
  shape[0] = s.images;
  at::Tensor& x = s.slots[static_cast<std::size_t>(s.input_slots.front())];
  if (s.image.rank() == 4) {
    const std::int64_t channels = shape[1], width = shape[3];
    x = at::from_blob(s.input.data(), shape, {s.image.elements(), 1, width * channels, channels}).to(s.device);
  } else {
    x = at::from_blob(s.input.data(), shape).to(s.device);
  }
  x = s.in_precision(x);
  s.run(mode);
  if (mode == Mode::kTrain) s.tensors.give_back_statistics();
  const c10::AutoGradMode gradients_on(mode == Mode::kTrain);
  s.result = std::exchange(s.slots[static_cast<std::size_t>(s.output_slots.front())], {}).to(at::kFloat).contiguous();
  s.answer = s.result.detach().to(at::kCPU);
  return {s.answer.data_ptr<float>(), static_cast<std::size_t>(s.answer.numel())};
}

void Executor::backward(std::span<const float> output_gradient) {
  State& s = *state_;
  assert(static_cast<std::int64_t>(output_gradient.size()) == s.result.numel());
  const at::Tensor gradient = at::from_blob(const_cast<float*>(output_gradient.data()), s.result.sizes()).to(s.device);
  s.gradients = torch::autograd::grad({s.result}, s.leaves, {gradient}, /*retain_graph=*/false, /*create_graph=*/false,
                                      /*allow_unused=*/true);
  s.result.reset();
}

void Executor::freeze_batch_norm() {
  for (State::Step& step : state_->steps) step.frozen |= step.is_batch_norm;
}

void Executor::freeze_observers() {
  for (State::Step& step : state_->steps) step.frozen |= step.is_observer;
}

void Executor::add_gradient(std::span<float> sum) const {
  const c10::NoGradGuard no_gradient;
  for (std::size_t i = 0; i < state_->trained.size(); ++i) {
    const Parameters::Slice& slice = *state_->trained[i];
    if (!state_->gradients[i].defined()) continue;  // a parameter that the wanted output does not depend on
    const auto memory = sum.subspan(static_cast<std::size_t>(slice.offset), static_cast<std::size_t>(slice.count));
    view_of(slice, memory.data(), at::kCPU).add_(state_->gradients[i].to(at::kCPU));
  }
}

std::vector<Tensor> Executor::run(const std::vector<Tensor>& inputs, Mode mode) {
  State& s = *state_;
  assert(inputs.size() == s.input_slots.size());
  s.tensors.fetch();
  for (std::size_t i = 0; i < inputs.size(); ++i) s.slots[static_cast<std::size_t>(s.input_slots[i])] = to_torch(inputs[i]).to(s.device);
  s.run(mode);
  if (mode == Mode::kTrain) s.tensors.give_back_statistics();
  std::vector<Tensor> results;
  for (std::size_t i = 0; i < s.outputs.size(); ++i)
    results.push_back(from_torch(s.slots[static_cast<std::size_t>(s.output_slots[i])].detach().to(at::kCPU), s.outputs[i]->type()));
  return results;
}

}  // namespace bitloom::train
