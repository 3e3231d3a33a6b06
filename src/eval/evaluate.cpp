#include "eval/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "ir/interpreter.h"
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

/// Number of classes that beat `label`: 0 when it is the answer. Of equal scores the lower class is ahead.
int rank_of(const std::vector<double>& scores, int label) {
  const double own = scores[static_cast<std::size_t>(label)];
  int ahead = 0;
  for (int c = 0; c < static_cast<int>(scores.size()); ++c) {
    const double score = scores[static_cast<std::size_t>(c)];
    if (score > own || (score == own && c < label)) ++ahead;
  }
  return ahead;
}

}  // namespace

nlohmann::json to_json(const Evaluation& e) {
  return {{"top1", e.top1}, {"top5", e.top5}, {"images", e.images}, {"seconds", e.seconds}, {"confusion", e.confusion}};
}

Classifier reference_classifier(const Graph& graph) {
  const bool integer = !graph.inputs().front()->type().element.is_float;
  return [&graph, integer](std::span<const std::uint8_t> pixels) {
    Tensor input = preprocess(graph, pixels);
    return Interpreter(graph).run(integer ? quantize_input(graph, input) : std::move(input));
  };
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
  std::vector<int> ranks(static_cast<std::size_t>(count)), predictions(static_cast<std::size_t>(count));
  Progress progress(what, count);
  parallel_for(count, [&](std::int64_t i) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(set.shape().bytes()));
    set.read(i, pixels);
    const std::vector<double> scores = scores_of(classify(pixels));
    ranks[static_cast<std::size_t>(i)] = rank_of(scores, set.label(i));
    predictions[static_cast<std::size_t>(i)] = static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin());
    progress.advance();
  });

  Evaluation result;
  const auto classes = set.class_names().size();
  result.confusion.assign(classes, std::vector<std::int64_t>(classes));
  for (std::int64_t i = 0; i < count; ++i)
    ++result.confusion[static_cast<std::size_t>(set.label(i))][static_cast<std::size_t>(predictions[static_cast<std::size_t>(i)])];
  const auto within = [&](int k) {
    return 100.0 * static_cast<double>(std::count_if(ranks.begin(), ranks.end(), [&](int r) { return r < k; })) / static_cast<double>(count);
  };
  result.images = count;
  result.top1 = within(1);
  result.top5 = within(5);
  result.predictions = std::move(predictions);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace bitloom
