#include "passes/quantize/repair/adaround.h"

#include <algorithm>

#include "base/clones.h"
#include "base/parallel.h"
#include "passes/quantize/repair/layer_block.h"
#include "passes/quantize/repair/soft_rounding.h"

namespace bitloom {
namespace {

constexpr float kLambda = 0.05f;
constexpr int kFirstBeta = 20, kLastBeta = 2;
constexpr double kWarmup = 0.2;  // share of the steps without the regularizer
constexpr std::size_t kBatch = 256;  // rows a step
constexpr std::size_t kPolishRows = 4096;  // and how many weights of an output polishing turns at most
constexpr int kMostTurns = 128;

/// In each output, the weight whose turn to its other neighbour lowers the sum of squares most: by how much, which, and by what it moves.
struct Turn {
  Floats16 gain = {}, move = {};
  Ints16 which = {};
};

BITLOOM_CLONES void find_turns(const Lanes* floor, const Lanes* n, const Lanes* g, const Lanes* squares, std::size_t depth, const WeightGrid& grid,
                               Turn& best) {
  best = Turn{};
  for (std::size_t k = 0; k < depth; ++k) {
    Floats16 other = 2.0f * floor[k].v + 1.0f - n[k].v;
    clamp_lanes(other, grid.low.v, grid.high.v);
    const Floats16 move = (other - n[k].v) * grid.scale.v, gain = -move * (2.0f * g[k].v + move * squares[k].v);
    const Ints16 is_better = gain > best.gain;
    best.gain = is_better ? gain : best.gain;
    best.move = is_better ? move : best.move;
    best.which = is_better ? Ints16{} + static_cast<std::int32_t>(k) : best.which;
  }
}

/// Up to kLanes outputs of a group, which read the same inputs.
class Block {
 public:
  Block(const LayerRows& rows, const RoundingProblem& problem, std::size_t group, std::size_t first, std::size_t count)
      : rows_(rows), p_(problem), group_(group), first_(first), count_(count), wanted_(rows.count), weights_(rows.fan_in),
        floor_(rows.fan_in), n_(rows.fan_in) {
    const double curvature = mean_square();
    for (std::size_t j = 0; j < kLanes; ++j) {
      const std::size_t o = first + std::min(j, count - 1);  // lanes too many repeat the last output
      const float scale = p_.format.scales[p_.format.per_channel() ? o : 0];
      grid_.scale.v[j] = scale;
      grid_.low.v[j] = static_cast<float>(p_.least - p_.format.zero_point_of(o));
      grid_.high.v[j] = static_cast<float>(p_.most - p_.format.zero_point_of(o));
      bias_.v[j] = p_.bias[o];
      const double cost = double{scale} * scale * curvature;
      factor_.v[j] = cost > 0 ? static_cast<float>(2 / cost) : 0.0f;
      for (std::size_t r = 0; r < rows.count; ++r) wanted_[r].v[j] = std::clamp(rows.y[r * rows.outputs + o], p_.low, p_.high);
      for (std::size_t k = 0; k < rows.fan_in; ++k) begin_at(weights_[k], j, p_.weights[o * rows.fan_in + k] / scale);
    }
  }

  void learn() {
    std::vector<Lanes> soft(rows_.fan_in), y(kBatch), g(rows_.fan_in);
    const int warmup = static_cast<int>(kWarmup * p_.steps);
    double mean_left = 1, square_left = 1;
    for (int t = 0; t < p_.steps; ++t) {
      const std::size_t begin = static_cast<std::size_t>(t) * kBatch % rows_.learned / kBatch * kBatch;
      const std::size_t batch = std::min(kBatch, rows_.learned - begin);
      soften(weights_.data(), soft.data(), rows_.fan_in, grid_);
      multiply(inputs(begin, batch), soft.data(), bias_, y.data());
      Lanes factor = factor_;
      factor.v /= static_cast<float>(batch);
      differentiate(y.data(), wanted_.data() + begin, batch, {p_.low, p_.high}, factor);
      multiply_back(inputs(begin, batch), y.data(), g.data());
      DescentStep step;
      step.mean_share = static_cast<float>(1 - (mean_left *= 0.9));
      step.square_share = static_cast<float>(1 - (square_left *= 0.999));
      if (t >= warmup) {
        step.lambda = kLambda;
        step.beta = kFirstBeta - (kFirstBeta - kLastBeta) * (t - warmup) / std::max(1, p_.steps - warmup - 1);
      }
      descend(weights_.data(), g.data(), rows_.fan_in, grid_, step);
    }
  }

  /// Rounds, and turns single weights to their other neighbour as long as that helps: what rounding all at once has left over.
  void round() {
    for (std::size_t k = 0; k < rows_.fan_in; ++k) {
      floor_[k] = weights_[k].floor;
      for (std::size_t j = 0; j < kLanes; ++j)
        n_[k].v[j] = std::clamp(floor_[k][j] + (weights_[k].v[j] >= 0 ? 1.0f : 0.0f), grid_.low[j], grid_.high[j]);  // h(0) = 1/2
    }
    const std::size_t rows = std::min(rows_.learned, kPolishRows);
    std::vector<Lanes> y(rows), d(rows), g(rows_.fan_in), squares(rows_.fan_in), soft = scaled(n_);
    multiply(inputs(0, rows), soft.data(), bias_, y.data());
    sum_squares(inputs(0, rows), y.data(), {p_.low, p_.high}, squares.data());
    Lanes one;
    one.v += 1.0f;
    for (int turn = 0; turn < kMostTurns; ++turn) {
      d = y;
      differentiate(d.data(), wanted_.data(), rows, {p_.low, p_.high}, one);
      multiply_back(inputs(0, rows), d.data(), g.data());
      Turn best;
      find_turns(floor_.data(), n_.data(), g.data(), squares.data(), rows_.fan_in, grid_, best);
      bool is_done = true;
      for (std::size_t j = 0; j < kLanes; ++j) {
        if (!(best.gain[j] > 0)) continue;
        is_done = false;
        const auto k = static_cast<std::size_t>(best.which[j]);
        n_[k].v[j] = 2 * floor_[k][j] + 1 - n_[k][j];
        for (std::size_t r = 0; r < rows; ++r) y[r].v[j] += best.move[j] * rows_.input(r, group_)[k];
      }
      if (is_done) return;
    }
  }

  /// Writes what was learned where it is better on the rows to judge by.
  RoundingFigures decide(std::span<std::int32_t> integers) const {
    std::vector<Lanes> nearest(rows_.fan_in);
    for (std::size_t j = 0; j < kLanes; ++j) {
      const std::size_t o = first_ + std::min(j, count_ - 1);
      for (std::size_t k = 0; k < rows_.fan_in; ++k)
        nearest[k].v[j] = static_cast<float>(p_.nearest[o * rows_.fan_in + k] - p_.format.zero_point_of(o));
    }
    const std::vector<double> before = errors(scaled(nearest)), after = errors(scaled(n_));
    RoundingFigures figures;
    for (std::size_t j = 0; j < count_; ++j) {
      const bool is_better = after[j] < before[j];
      figures.before += before[j];
      figures.after += is_better ? after[j] : before[j];
      for (std::size_t r = judged_from(); r < rows_.count; ++r) figures.power += double{wanted_[r][j]} * double{wanted_[r][j]};
      for (std::size_t k = 0; is_better && k < rows_.fan_in; ++k) {
        std::int32_t& integer = integers[(first_ + j) * rows_.fan_in + k];
        const auto learned = static_cast<std::int32_t>(n_[k][j]) + p_.format.zero_point_of(first_ + j);
        figures.changed += integer != learned;
        integer = learned;
      }
    }
    return figures;
  }

 private:
  Rows inputs(std::size_t begin, std::size_t count) const { return {rows_.input(begin, group_), rows_.stride(), count, rows_.fan_in}; }
  std::size_t judged_from() const { return rows_.learned < rows_.count ? rows_.learned : 0; }

  /// Of the inputs, over a part of the rows.
  double mean_square() const {
    const std::size_t count = std::min<std::size_t>(rows_.learned, 1024);
    double sum = 0;
    for (std::size_t r = 0; r < count; ++r)
      for (std::size_t k = 0; k < rows_.fan_in; ++k) sum += double{rows_.input(r, group_)[k]} * double{rows_.input(r, group_)[k]};
    return sum / static_cast<double>(count * rows_.fan_in);
  }

  std::vector<Lanes> scaled(std::vector<Lanes> integers) const {
    for (Lanes& n : integers) n.v *= grid_.scale.v;
    return integers;
  }

  std::vector<double> errors(const std::vector<Lanes>& weights) const {
    std::vector<double> sums(kLanes);
    std::vector<Lanes> y(kBatch);
    for (std::size_t begin = judged_from(); begin < rows_.count; begin += kBatch) {
      const std::size_t batch = std::min(kBatch, rows_.count - begin);
      multiply(inputs(begin, batch), weights.data(), bias_, y.data());
      add_squares(y.data(), wanted_.data() + begin, batch, {p_.low, p_.high}, sums.data());
    }
    return sums;
  }

  const LayerRows& rows_;
  const RoundingProblem& p_;
  const std::size_t group_, first_, count_;
  std::vector<Lanes> wanted_;  ///< f(y) of every row
  WeightGrid grid_;
  std::vector<SoftWeight> weights_;
  std::vector<Lanes> floor_, n_;  ///< the integer below each weight, and the one that it becomes, counted from the zero point
  Lanes bias_, factor_;
};

}  // namespace

LearnedRounding learn_rounding(const LayerRows& rows, const RoundingProblem& problem) {
  const std::size_t of_group = rows.outputs / rows.groups, blocks = (of_group + kLanes - 1) / kLanes, count = rows.groups * blocks;
  LearnedRounding result{{problem.nearest.begin(), problem.nearest.end()}, {}};
  std::vector<RoundingFigures> figures(count);
  parallel_for(static_cast<std::int64_t>(count), [&](std::int64_t i) {
    const std::size_t at = static_cast<std::size_t>(i), group = at / blocks, first = group * of_group + at % blocks * kLanes;
    Block block(rows, problem, group, first, std::min(kLanes, (group + 1) * of_group - first));
    block.learn();
    block.round();
    figures[at] = block.decide(result.integers);  // each its own part of them
  });
  for (const RoundingFigures& part : figures) {
    result.figures.changed += part.changed;
    result.figures.before += part.before;
    result.figures.after += part.after;
    result.figures.power += part.power;
  }
  return result;
}

}  // namespace bitloom
