#pragma once

#include <vector>

#include "data/dataset.h"
#include "ir/graph.h"

namespace bitloom::search {

/// How a changed network answers, against the float network that it was made of.
struct Judgement {
  double noise = 0;  ///< power of the difference of the outputs over the power of the float outputs, summed over all images; see decibels
  double top1 = 0;   ///< per cent
};

/// Signal-to-quantization-noise ratio of such a share: -10 log10(noise); 200 where there is hardly any.
double decibels(double noise);

/// Judges networks on labelled images, on the engine. Outputs are those before a final Softmax, which saturates.
class Judge {
 public:
  /// @param graph   float
  /// @param images  all of them are used; must outlive the judge
  /// @throws InputError where images and network do not fit each other, or there is no image
  Judge(const Graph& graph, const data::Dataset& images);

  /// @param graph  of the same images and outputs, float or QDQ
  Judgement operator()(const Graph& graph) const;

  const Judgement& of_float() const { return of_float_; }
  std::int64_t images() const { return images_.size(); }

 private:
  std::vector<std::vector<float>> outputs_of(const Graph& graph) const;
  double top1_of(const std::vector<std::vector<float>>& outputs) const;

  const data::Dataset& images_;
  std::vector<std::vector<float>> wanted_;
  double power_ = 0;
  Judgement of_float_;
};

}  // namespace bitloom::search
