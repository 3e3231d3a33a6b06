#include "search/judge.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/parallel.h"
#include "eval/evaluate.h"
#include "passes/lower/integer_form.h"

namespace bitloom::search {

double decibels(double noise) {
  constexpr double kMost = 200;
  return noise > 0 ? std::min(kMost, -10 * std::log10(noise)) : kMost;
}

Judge::Judge(const Graph& graph, const data::Dataset& images) : images_(images) {
  check_data_fits(graph, images, "images to judge by");
  if (images.size() == 0) throw InputError(graph.name(), "no images to judge by", "give at least one");
  wanted_ = outputs_of(graph);
  for (const auto& output : wanted_)
    for (const float y : output) power_ += double{y} * y;
  of_float_.top1 = top1_of(wanted_);
}

Judgement Judge::operator()(const Graph& graph) const {
  const std::vector<std::vector<float>> outputs = outputs_of(graph);
  double error = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    for (std::size_t c = 0; c < outputs[i].size(); ++c) error += std::pow(double{outputs[i][c]} - wanted_[i][c], 2);
  return {power_ > 0 ? error / power_ : 0, top1_of(outputs)};
}

std::vector<std::vector<float>> Judge::outputs_of(const Graph& graph) const {
  Graph logits = graph.clone();
  if (const Node* softmax = final_softmax(logits)) {
    logits.set_outputs({softmax->input(0)});
    logits.erase_dead_nodes();
  }
  const Classifier classify = engine_classifier(logits);
  std::vector<std::vector<float>> outputs(static_cast<std::size_t>(images_.size()));
  parallel_for(images_.size(), [&](std::int64_t i) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(images_.shape().bytes()));
    images_.read(i, pixels);
    const Tensor output = classify(pixels);
    outputs[static_cast<std::size_t>(i)].assign(output.floats().begin(), output.floats().end());
  });
  return outputs;
}

double Judge::top1_of(const std::vector<std::vector<float>>& outputs) const {
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    answers.push_back(answer_of(images_.label(static_cast<std::int64_t>(i)), std::vector<double>(outputs[i].begin(), outputs[i].end())));
  return summarize(answers, images_.class_names().size()).top1;
}

}  // namespace bitloom::search
