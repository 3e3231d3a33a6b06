#include "eval/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "eval/workspace_pool.h"
#include "ir/interpreter.h"
#include "ir/ops/quantization.h"
#include "passes/lower/lower.h"

namespace bitloom {
namespace {

template <class T>
std::vector<double> as_doubles(std::span<const T> values) {
  return {values.begin(), values.end()};
}

std::vector<double> scores_of(const Tensor& output) {
  return output.is_float() ? as_doubles(output.floats()) : as_doubles(output.integers());
}

Tensor network_input(const Graph& graph, std::span<const std::uint8_t> pixels) {
  Tensor input = preprocess(graph, pixels);
  return graph.inputs().front()->type().element.is_float ? input : quantize_input(graph, input);
}

}  // namespace

nlohmann::json to_json(const Evaluation& e) {
  return {{"top1", e.top1}, {"top5", e.top5}, {"images", e.images}, {"seconds", e.seconds}, {"confusion", e.confusion}};
}

Answer answer_of(int label, std::span<const double> given, double tie) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<double> scores(given.begin(), given.end());
  std::ranges::replace_if(scores, [](double score) { return std::isnan(score); }, -kInfinity);
  double largest = 0;
  for (const double score : scores)
    if (std::isfinite(score)) largest = std::max(largest, std::abs(score));
  const double within = tie * largest, own = scores[static_cast<std::size_t>(label)], most = *std::ranges::max_element(scores);
  Answer answer{label, static_cast<int>(std::ranges::find_if(scores, [&](double score) { return score >= most - within; }) - scores.begin()), 0};
  for (int c = 0; c < static_cast<int>(scores.size()); ++c) {
    const double score = scores[static_cast<std::size_t>(c)];
    if (score > own + within || (score >= own - within && c < label)) ++answer.rank;
  }
  if (std::isnan(given[static_cast<std::size_t>(label)])) answer.rank = static_cast<int>(scores.size());
  return answer;
}

double tie_of(const Graph& graph) { return graph.nodes_of<Dequantize>().empty() ? 0 : 0x1p-18; }

Evaluation summarize(std::span<const Answer> answers, std::size_t classes) {
  Evaluation result;
  result.images = static_cast<std::int64_t>(answers.size());
  result.confusion.assign(classes, std::vector<std::int64_t>(classes));
  std::int64_t first = 0, among_five = 0;
  for (const Answer& answer : answers) {
    result.predictions.push_back(answer.prediction);
    ++result.confusion[static_cast<std::size_t>(answer.label)][static_cast<std::size_t>(answer.prediction)];
    first += answer.rank < 1;
    among_five += answer.rank < 5;
  }
  const auto images = static_cast<double>(std::max<std::int64_t>(1, result.images));
  result.top1 = 100.0 * static_cast<double>(first) / images;
  result.top5 = 100.0 * static_cast<double>(among_five) / images;
  return result;
}

Classifier reference_classifier(const Graph& graph) {
  return [&graph](std::span<const std::uint8_t> pixels) { return Interpreter(graph).run(network_input(graph, pixels)); };
}

Classifier engine_classifier(const Graph& graph) {
  const auto engine = std::make_shared<const engine::Engine>(graph);
  const auto workspaces = std::make_shared<WorkspacePool>(*engine);
  return [&graph, engine, workspaces](std::span<const std::uint8_t> pixels) {
    std::vector<Tensor> inputs;
    inputs.push_back(network_input(graph, pixels));
    const auto workspace = workspaces->take();
    std::vector<Tensor> outputs = engine->run(inputs, *workspace);
    workspaces->give_back(workspace);
    return std::move(outputs.front());
  };
}

void require_engine_equals_reference(const Graph& integer_graph, const data::Dataset& set, std::int64_t images) {
  const Classifier engine = engine_classifier(integer_graph), reference = reference_classifier(integer_graph);
  const std::int64_t count = std::min(images, set.size());
  std::vector<char> differs(static_cast<std::size_t>(count));
  parallel_for(count, [&](std::int64_t i) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(set.shape().bytes()));
    set.read(i, pixels);
    differs[static_cast<std::size_t>(i)] = engine(pixels) != reference(pixels);
  });
  const auto first = std::ranges::find(differs, 1);
  if (first == differs.end()) return;
  throw CheckError(integer_graph.name(), fmt::format("the engine answers image {} otherwise than the reference", first - differs.begin()),
                   "this is a bug in bitloom; please report it with the model and the machine");
}

void check_data_fits(const Graph& graph, const data::Dataset& set, const std::string& set_name) {
  const data::ImageShape image = set.shape();
  const Shape wanted = graph.inputs().front()->shape(), given{1, image.channels, image.height, image.width};
  if (wanted != given)
    throw InputError(set_name, fmt::format("images are {}, but '{}' takes {}", to_string(given), graph.name(), to_string(wanted)),
                     "choose the set that the network was made for, or another network");
  const std::int64_t outputs = graph.outputs().front()->shape().elements();
  const auto classes = static_cast<std::int64_t>(set.class_names().size());
  if (outputs != classes)
    throw InputError(set_name, fmt::format("{} classes, but '{}' has {} outputs", classes, graph.name(), outputs),
                     "choose the set that the network was made for");
}

Evaluation evaluate(const Graph& graph, const data::Dataset& set, const Classifier& classify, const std::string& what,
                    std::int64_t max_images) {
  check_data_fits(graph, set, what);
  const std::int64_t count = max_images > 0 ? std::min(max_images, set.size()) : set.size();
  if (count == 0) throw InputError(what, "no images to evaluate");

  const auto start = std::chrono::steady_clock::now();
  std::vector<Answer> answers(static_cast<std::size_t>(count));
  const double tie = tie_of(graph);
  Progress progress(what, count);
  parallel_for(count, [&](std::int64_t i) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(set.shape().bytes()));
    set.read(i, pixels);
    answers[static_cast<std::size_t>(i)] = answer_of(set.label(i), scores_of(classify(pixels)), tie);
    progress.advance();
  });

  Evaluation result = summarize(answers, set.class_names().size());
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace bitloom
