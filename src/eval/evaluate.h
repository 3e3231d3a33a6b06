#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "ir/graph.h"

namespace bitloom {

/// What a network answered on a data set.
struct Evaluation {
  std::int64_t images = 0;
  double top1 = 0, top5 = 0;                          ///< per cent; top5 is 100 with five classes or fewer
  double seconds = 0;
  std::vector<int> predictions;                       ///< class of each image, in the set's order
  std::vector<std::vector<std::int64_t>> confusion;   ///< [label][prediction]
};

/// {"top1", "top5", "images", "seconds", "confusion"}
nlohmann::json to_json(const Evaluation& evaluation);

/// Where an image's label stands among its scores; of equal scores the lower class is ahead.
struct Answer {
  int label = 0, prediction = 0;
  int rank = 0;  ///< classes ahead of the label: 0 when it is the prediction
};
/// A score that is no number is behind all others, and names no class.
/// @param tie  share of the largest magnitude within which scores are equal
Answer answer_of(int label, std::span<const double> scores, double tie = 0);

/// What `tie` is for this graph's outputs: integers often have two equal largest sums, which simulated quantization computes in floats, each with a
/// rounding of its own; without this, chance would answer there. 0 for what is not simulated.
double tie_of(const Graph& graph);

/// All but `seconds`. @param classes  how many there are
Evaluation summarize(std::span<const Answer> answers, std::size_t classes);

/// Scores of one image from its pixels (channel planes, 0..255); the highest score wins, of equals the lowest class.
/// Called from several threads at once.
using Classifier = std::function<Tensor(std::span<const std::uint8_t> pixels)>;

/// The graph on the operators' references: float and QDQ graphs take the preprocessed image, integer graphs its quantized form.
/// The graph must outlive the classifier.
Classifier reference_classifier(const Graph& graph);

/// The same on the engine (engine/engine.h): integer graphs give the same bits, floats nearly the same, many times faster.
Classifier engine_classifier(const Graph& graph);

/// @param what        name of the work on the progress line
/// @param max_images  0: all
/// @throws InputError if the set's images or classes are not what the graph takes and gives
Evaluation evaluate(const Graph& graph, const data::Dataset& set, const Classifier& classify, const std::string& what,
                    std::int64_t max_images = 0);

/// Runs an integer graph's first images on the engine and on the references.
/// @throws CheckError naming the first image whose outputs are not the same bits
void require_engine_equals_reference(const Graph& integer_graph, const data::Dataset& set, std::int64_t images);

/// Throws InputError unless the set's image shape is the graph's input and its classes fit the graph's output.
void check_data_fits(const Graph& graph, const data::Dataset& set, const std::string& set_name);

}  // namespace bitloom
