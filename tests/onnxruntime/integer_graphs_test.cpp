// 500 random quantized networks: every integer that ONNX Runtime's kernels compute against the integer network that `lower` makes of the
// same file. Each layer of ours reads ONNX Runtime's integers, so that one difference is not counted twice.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "base/error.h"
#include "base/random.h"
#include "base/test_folder.h"
#include "ir/interpreter.h"
#include "ir/ops/quantization.h"
#include "ir/ops/rescaled.h"
#include "ir/ops/slice.h"
#include "onnx/onnx.h"
#include "onnx_runtime.h"
#include "passes/lower/lower.h"
#include "passes/random_network.h"
#include "passes/test_networks.h"
#include "spoilt_networks.h"

namespace bitloom {
namespace {

using namespace test_networks;
__extension__ using Wide = __int128;

constexpr int kGraphs = 500;

struct Network {
  std::uint64_t trial;
  Graph qdq, integer;
  Tensor image;
};

Network random_case(std::uint64_t trial) {
  RandomStream random({onnx_runtime::test_seed(), trial, 2});
  Graph graph = random_network(random);
  while (onnx_runtime::spoils(graph)) graph = random_network(random);
  QuantizeOptions options;
  options.per_channel = between(random, 0, 1);
  options.symmetric_weights = between(random, 0, 2) > 0;
  options.unsigned_activations = between(random, 0, 1);
  options.symmetric_activations = between(random, 0, 1);
  const std::vector<Tensor> images = random_images(graph, random, 3);
  Network network{trial, quantize_model(graph, feed(images), options), Graph(), random_images(graph, random, 1).front()};
  network.integer = lower(network.qdq);
  return network;
}

/// The network with the integers of every activation as outputs behind its own.
Graph exposed(const Graph& qdq) {
  Graph graph = qdq.clone();
  std::vector<Value*> outputs = graph.outputs();
  for (const Node* node : graph.nodes_of<Quantize>()) outputs.push_back(node->output());
  graph.set_outputs(outputs);
  return graph;
}

/// numerator / 2^shift, exactly what a narrowing rounds.
struct Exact {
  Wide numerator;
  int shift;
};

/// What element i of the node's output is before it is rounded.
Exact exact_value(const Node& node, std::span<const Tensor* const> inputs, std::size_t i) {
  const auto centred = [&](int k) {
    return Wide{inputs[static_cast<std::size_t>(k)]->integers()[i]} - inputs[static_cast<std::size_t>(k)]->type().quantization->zero_point;
  };
  if (const auto* requantize = node.as<Requantize>()) {
    const std::size_t plane = inputs[0]->integers().size() / requantize->factors.size();
    const FixedMultiplier factor = requantize->factors[i / plane];
    return {Wide{inputs[0]->integers()[i]} * factor.multiplier, factor.shift};
  }
  if (const auto* add = node.as<RescaledAdd>()) {
    const auto& [a, b] = add->factors;
    const int shift = std::max(a.shift, b.shift);
    return {centred(0) * (Wide{a.multiplier} << (shift - a.shift)) + centred(1) * (Wide{b.multiplier} << (shift - b.shift)), shift};
  }
  const auto* mul = node.as<RescaledMul>();
  const std::size_t plane = inputs[0]->integers().size() / inputs[1]->integers().size();  // a gate for each channel
  const Wide gate = Wide{inputs[1]->integers()[i / plane]} - inputs[1]->type().quantization->zero_point;
  return {centred(0) * gate * mul->factor.multiplier, mul->factor.shift};
}

/// Whether y is numerator / 2^shift rounded half to even.
bool is_rounded(const Exact& exact, Wide y) {
  const Wide unit = Wide{1} << exact.shift, twice = 2 * (exact.numerator - y * unit);
  return (twice < unit && twice > -unit) || ((twice == unit || twice == -unit) && y % 2 == 0);
}

/// Distance of the exact value from the tie between the two integers, in steps of the output.
double distance_from_tie(const Exact& exact, Wide one, Wide other) {
  return std::fabs(std::ldexp(static_cast<double>(2 * exact.numerator - (one + other) * (Wide{1} << exact.shift)), -exact.shift - 1));
}

struct Counts {
  std::int64_t values = 0, differing = 0;
  double furthest_from_a_tie = 0;
};

class Comparison {
 public:
  Comparison(const Network& network, const std::vector<Tensor>& theirs, Counts& counts) : network_(network), theirs_(theirs), counts_(counts) {}

  void run() {
    const Value* input = network_.integer.inputs().front();
    take(*input, quantize_input(network_.integer, network_.image), {});
    for (const Node* node : network_.integer.nodes()) {
      std::vector<const Tensor*> inputs;
      for (const Value* x : node->inputs()) inputs.push_back(!x ? nullptr : x->is_constant() ? &x->constant() : &values_.at(x));
      Tensor outputs[] = {Tensor(node->output()->type())};
      node->op().evaluate(inputs, outputs);
      take(*node->output(), std::move(outputs[0]), inputs);
    }
  }

 private:
  /// Compares what stands for one of their integers, and goes on with theirs.
  void take(const Value& value, Tensor ours, std::span<const Tensor* const> inputs) {
    if (stands_for_a_quantize(value)) {
      const Tensor& theirs = theirs_.at(stage_++);
      ASSERT_EQ(theirs.elements(), ours.elements()) << value.name();
      for (std::size_t i = 0; i < ours.integers().size(); ++i)
        if (ours.integers()[i] != theirs.integers()[i]) explain(value, inputs, i, ours.integers()[i], theirs.integers()[i]);
      counts_.values += ours.elements();
      ours = Tensor(ours.type(), {theirs.integers().begin(), theirs.integers().end()});
    }
    values_[&value] = std::move(ours);
  }

  void explain(const Value& value, std::span<const Tensor* const> inputs, std::size_t i, std::int32_t ours, std::int32_t theirs) {
    ++counts_.differing;
    const Node* node = value.producer();
    const std::string what = fmt::format("{} element {}: ours {}, theirs {}", node ? node->where() : value.name(), i, ours, theirs);
    ASSERT_EQ(std::abs(ours - theirs), 1) << what;
    ASSERT_TRUE(node && (node->is<Requantize>() || node->is<RescaledAdd>() || node->is<RescaledMul>())) << what << ": nothing is rounded here but by a table";
    const Exact exact = exact_value(*node, inputs, i);
    const std::int64_t zero = value.type().quantization->zero_point;
    EXPECT_TRUE(is_rounded(exact, ours - zero)) << what;
    counts_.furthest_from_a_tie = std::max(counts_.furthest_from_a_tie, distance_from_tie(exact, ours - zero, theirs - zero));
  }

  const Network& network_;
  const std::vector<Tensor>& theirs_;
  Counts& counts_;
  std::size_t stage_ = 1;  // output 0 is the network's own
  std::map<const Value*, Tensor> values_;
};

/// `kGraphs` networks that ONNX Runtime runs, each as `form` writes it into a job.
struct Batch {
  std::vector<Network> networks;
  std::vector<onnx_runtime::Result> results;
};

/// A few more are drawn, for those that ONNX Runtime makes invalid models of when it optimizes them; each is printed.
template <class Form>
Batch run_networks(Form form) {
  constexpr int kMoreThanNeeded = 20;
  std::vector<Network> drawn;
  std::vector<onnx_runtime::Job> jobs;
  for (std::uint64_t trial = 0; trial < kGraphs + kMoreThanNeeded; ++trial) {
    drawn.push_back(random_case(trial));
    jobs.push_back(form(drawn.back(), trial));
  }
  std::vector<onnx_runtime::Result> results = onnx_runtime::run(jobs);
  Batch batch;
  for (std::size_t i = 0; i < drawn.size() && batch.networks.size() < kGraphs; ++i) {
    if (results[i].error.empty()) {
      batch.networks.push_back(std::move(drawn[i]));
      batch.results.push_back(std::move(results[i]));
    } else {
      fmt::print("trial {} not run by ONNX Runtime: {}\n", i, results[i].error.substr(0, 160));
    }
  }
  EXPECT_EQ(batch.networks.size(), kGraphs);
  return batch;
}

TEST(OnnxRuntime, ComputesTheIntegersOfRandomQuantizedNetworksAsWeDoButForTies) {
  BITLOOM_NEEDS_ONNX_RUNTIME();
  const Batch batch = run_networks([](const Network& network, std::uint64_t) { return onnx_runtime::Job{exposed(network.qdq), {network.image}}; });
  Counts counts;
  for (std::size_t i = 0; i < batch.networks.size(); ++i) {
    SCOPED_TRACE(fmt::format("BITLOOM_TEST_SEED={} trial {}", onnx_runtime::test_seed(), batch.networks[i].trial));
    Comparison(batch.networks[i], batch.results[i].outputs, counts).run();
    if (HasFatalFailure()) FAIL() << to_text(batch.networks[i].integer);
  }
  fmt::print("{} networks, {} integers, {} differ by one where a float32 product rounds across a tie, at most {:.2g} steps from it\n",
             batch.networks.size(), counts.values, counts.differing, counts.furthest_from_a_tie);
  EXPECT_LE(counts.differing * 10000, counts.values);
  EXPECT_LT(counts.furthest_from_a_tie, 1e-3);
}

/// Distances from the zero point: ONNX Runtime moves int8 activations to uint8.
std::vector<std::int32_t> centred(const Tensor& tensor) {
  std::vector<std::int32_t> values(tensor.integers().begin(), tensor.integers().end());
  for (std::int32_t& value : values) value -= tensor.type().quantization->zero_point;
  return values;
}

/// ONNX Runtime writes its own form of a QDQ file: QLinearConv, QLinearAdd, QLinearConcat and the like.
TEST(OnnxRuntime, WritesQLinearFilesThatStandForTheSameIntegers) {
  BITLOOM_NEEDS_ONNX_RUNTIME();
  const TestFolder folder;
  const auto file = [&](std::uint64_t trial) { return folder.path() / fmt::format("{}.onnx", trial); };
  const Batch batch = run_networks([&](const Network& network, std::uint64_t trial) {
    return onnx_runtime::Job{network.qdq.clone(), {network.image}, "extended", file(trial)};
  });
  constexpr std::size_t kFewest = 300;  // the others keep a float operator, fused by ONNX Runtime into one of its own
  std::map<std::string, int> refused_operators;
  std::size_t equal = 0;
  for (const Network& network : batch.networks) {
    SCOPED_TRACE(fmt::format("BITLOOM_TEST_SEED={} trial {}", onnx_runtime::test_seed(), network.trial));
    try {
      const Graph integer = lower(read_onnx(file(network.trial)));
      const Tensor x = quantize_input(integer, network.image);
      ASSERT_EQ(centred(Interpreter(integer).run(x)), centred(Interpreter(network.integer).run(quantize_input(network.integer, network.image))))
          << to_text(network.integer) << to_text(integer);
      ++equal;
    } catch (const InputError& error) {
      const std::string message = error.what();
      const std::size_t open = message.find("' ("), close = message.find(')', open);
      ++refused_operators[message.substr(open + 3, close - open - 3)];
    }
  }
  fmt::print("{} files of ONNX Runtime's own stand for the same integers", equal);
  for (const auto& [name, count] : refused_operators) fmt::print("; {} hold {}", count, name);
  fmt::print("\n");
  EXPECT_GE(equal, kFewest);
}

}  // namespace
}  // namespace bitloom
