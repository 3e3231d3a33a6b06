#include "search/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/percent.h"
#include "ir/ops/conv2d.h"
#include "passes/quantize/placement.h"

namespace bitloom::search {
namespace {

constexpr LayerBits kInFloat{LayerBits::kFloat, LayerBits::kFloat};
constexpr const char *kAll = "everything quantized", *kPart = "part in float", *kTrained = "trained";

class Climb {
 public:
  Climb(const Graph& graph, const LadderOptions& options, const LadderSteps& steps) : graph_(graph), options_(options), steps_(steps) {}

  std::vector<Rung> run() {
    if (!quantized(options_.always_float) && !part_in_float()) trained();
    return std::move(rungs_);
  }

 private:
  bool take(Rung rung, const std::function<double()>& make) {
    const auto start = std::chrono::steady_clock::now();
    rung.top1 = make();
    rung.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    rung.passed = is_within_drop(options_.float_top1, *rung.top1, options_.max_drop);
    rungs_.push_back(std::move(rung));
    return rungs_.back().passed;
  }

  void leave_out(const char* name, const std::string& why) { rungs_.push_back({.name = name, .why_not = why}); }

  bool quantized(const std::map<std::string, LayerBits>& in_float) {
    const std::string name = in_float.empty() ? kAll : fmt::format("{}: {} of {} layers", kPart, in_float.size(), layers().size());
    return take({.name = name, .layers = in_float, .float_share = share_of(in_float)}, [&] { return steps_.quantize(in_float); });
  }

  bool part_in_float() {
    if (!options_.why_no_float.empty()) {
      leave_out(kPart, options_.why_no_float);
      return false;
    }
    std::map<std::string, LayerBits> in_float = options_.always_float;
    if (options_.float_layers == FloatLayers::kConvolutions) {
      for (const Node* layer : layers())
        if (layer->is<Conv2d>()) in_float[layer->name()] = kInFloat;
      const bool is_all = in_float.size() == layers().size(), adds_none = in_float.size() == options_.always_float.size();
      if (!is_all && !adds_none) return quantized(in_float);
      leave_out(kPart, in_float.empty() ? "the network has no convolutions"
                       : is_all         ? "no layer would be left to quantize"
                                        : "the recipe leaves all convolutions in float");
      return false;
    }
    for (const std::string& layer : steps_.most_sensitive_first()) {
      auto with_it = in_float;
      if (!with_it.emplace(layer, kInFloat).second) continue;
      if (with_it.size() == layers().size() || share_of(with_it) > options_.float_share) continue;
      in_float = std::move(with_it);
      if (quantized(in_float)) return true;
    }
    if (in_float.size() == options_.always_float.size())
      leave_out(kPart, in_float.size() + 1 == layers().size() ? "no layer would be left to quantize"
                                                              : fmt::format("no layer alone is within {:.0f} % of the MACs", 100 * options_.float_share));
    return false;
  }

  void trained() {
    if (options_.why_no_training.empty())
      take({.name = kTrained, .layers = options_.always_float, .float_share = share_of(options_.always_float)}, steps_.train);
    else
      leave_out(kTrained, options_.why_no_training);
  }

  std::vector<const Node*> layers() const {
    std::vector<const Node*> found;
    for (const Node* node : graph_.nodes())
      if (has_weights(*node)) found.push_back(node);
    return found;
  }

  double share_of(const std::map<std::string, LayerBits>& in_float) const {
    double macs = 0, all = 0;
    for (const Node* layer : layers()) {
      all += static_cast<double>(layer->macs());
      if (in_float.contains(layer->name())) macs += static_cast<double>(layer->macs());
    }
    return all > 0 ? macs / all : 0;
  }

  const Graph& graph_;
  const LadderOptions& options_;
  const LadderSteps& steps_;
  std::vector<Rung> rungs_;
};

}  // namespace

std::size_t kept_rung(const std::vector<Rung>& rungs) {
  std::vector<Rung> taken = rungs;
  std::erase_if(taken, [](const Rung& rung) { return !rung.top1; });
  const auto best = std::ranges::max_element(taken, {}, [](const Rung& rung) { return std::pair(rung.passed, *rung.top1); });
  return static_cast<std::size_t>(best - taken.begin());
}

std::vector<Rung> climb(const Graph& graph, const LadderOptions& options, const LadderSteps& steps) { return Climb(graph, options, steps).run(); }

}  // namespace bitloom::search
