#include "recipe/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "base/text.h"

namespace bitloom::recipe {
namespace {

template <auto Member>
auto& at(Recipe& recipe) {
  return recipe.*Member;
}
template <auto Section, auto Member>
auto& at(Recipe& recipe) {
  return recipe.*Section.*Member;
}

using Data = Recipe::Data;
using Network = Recipe::Network;
using Augment = Recipe::Augment;
using Train = Recipe::Train;
using Quantize = Recipe::Quantize;
using MixedPrecision = Recipe::MixedPrecision;
using Ladder = Recipe::Ladder;
using QuantizedTraining = Recipe::QuantizedTraining;
using Hardware = Recipe::Hardware;
using Verify = Recipe::Verify;
constexpr std::size_t kMostChannels = 1024, kMostMilestones = 100, kMostWidths = 8, kMostPortions = 100;
constexpr auto kData = &Recipe::data;
constexpr auto kNetwork = &Recipe::network;
constexpr auto kAugment = &Recipe::augment;
constexpr auto kTrain = &Recipe::train;
constexpr auto kQuantize = &Recipe::quantize;
constexpr auto kMixedPrecision = &Recipe::mixed_precision;
constexpr auto kLadder = &Recipe::ladder;
constexpr auto kQuantizedTraining = &Recipe::quantized_training;
constexpr auto kHardware = &Recipe::hardware;
constexpr auto kVerify = &Recipe::verify;

template <class Map, class Read>
std::vector<LayerMap::Entry> entries_of(const Map& map, Read read) {
  std::vector<LayerMap::Entry> entries;
  for (const auto& [layer, own] : map) {
    const auto [first, second] = read(own);
    entries.push_back({layer, first, second, own.place});
  }
  return entries;
}

const LayerMap kFolding{"pe", "simd", 1, 1 << 16, 0, "{pe: 4, simd: 3}",
                        [](const Recipe& recipe) {
                          return entries_of(recipe.hardware.folding, [](const Recipe::Folding& own) { return std::pair(own.pe, own.simd); });
                        },
                        [](Recipe& recipe, LayerMap::Entry e) { recipe.hardware.folding[e.layer] = {e.first, e.second, std::move(e.place)}; }};
const LayerMap kLayerBits{"weights", "activations", 1, 16, 32, "{weights: 4, activations: 8} or float",
                          [](const Recipe& recipe) {
                            return entries_of(recipe.quantize.layers,
                                              [](const Recipe::LayerBits& own) { return std::pair(own.weights, own.activations); });
                          },
                          [](Recipe& recipe, LayerMap::Entry e) { recipe.quantize.layers[e.layer] = {e.first, e.second, std::move(e.place)}; }};

// The one place where a key is stated. Its default is the initializer of the member in recipe.h.
const Key kKeys[] = {
    {"", "name", Text{at<&Recipe::name>, {}}, "What the run is called; empty: the name of the recipe's file."},
    {"", "seed", Seed{at<&Recipe::seed>},
     "Of every random choice: initial weights, order of images, validation split, stalls."},
    {"", "synth", Flag{at<&Recipe::synth>},
     "Run the open synthesis tools on the hardware (to a bitstream for iCE40 parts)."},
    {"", "precisions", Flag{at<&Recipe::precisions>},
     "Evaluate the float network in float64, float16 and bfloat16, too: the report then compares accuracy and size of all precisions."},

    {"data", "set", Text{at<kData, &Data::set>, {}},
     "The labelled images: digits or landcover (generated), mnist, fashion-mnist, cifar10, cifar100 or eurosat (below --data-dir), "
     "dir:PATH (one folder a class).",
     true},
    {"data", "validation", Real{at<kData, &Data::validation>, 0.001, 0.9},
     "Share of the training part that is kept for validation when the set has no such part of its own."},
    {"data", "height", Integer{at<kData, &Data::height>, 0, 4096},
     "Images of dir: sets are resized to this height; 0: left as they are."},
    {"data", "width", Integer{at<kData, &Data::width>, 0, 4096}, "As height, for the width."},
    {"data", "skip_corrupt", Flag{at<kData, &Data::skip_corrupt>},
     "Images of folders that cannot be decoded are left out, named and counted; false: the first one ends the run."},
    {"data", "loader_threads", Integer{at<kData, &Data::loader_threads>, 0, 1024},
     "Threads that decode, augment and normalize images; 0: as many as train.threads. What is learnt does not depend on it."},
    {"data", "cache_mb", Integer{at<kData, &Data::cache_mb>, 0, 10'000'000},
     "Megabytes of decoded images that a process keeps in its memory; what does not fit is mapped from files in --cache-dir, or decoded at "
     "each read. 0: a quarter of the machine's memory."},
    {"data", "range", Numbers{at<kData, &Data::range>, 2},
     "[LO, HI], which pixels 0..255 become before the network; empty: [0, 1], or what the network's file says."},
    {"data", "mean", Numbers{at<kData, &Data::mean>, kMostChannels},
     "Subtracted after that, one number for each channel."},
    {"data", "std", Numbers{at<kData, &Data::std>, kMostChannels}, "Divided by after that, one number for each channel."},

    {"network", "name", Text{at<kNetwork, &Network::name>, {}},
     "The network, by its name in the zoo, such as dnn2fpga, with random weights."},
    {"network", "model", Text{at<kNetwork, &Network::model>, {}},
     "Instead of a name: the ONNX file of a trained network, to be trained on. A quantized one (QDQ, QONNX) keeps its "
     "scales and stays quantized."},
    {"network", "new_classifier", Flag{at<kNetwork, &Network::new_classifier>},
     "The model's last layer is replaced by one with random weights for the classes of the set (transfer learning)."},
    {"network", "freeze", Text{at<kNetwork, &Network::freeze>, {}},
     "Layers that keep their weights: beginnings of their names, separated by commas, such as \"conv1, stage1/\"; \"features\" for all but "
     "the last with weights."},
    {"network", "width_multiplier", Real{at<kNetwork, &Network::width_multiplier>, 0.05, 8},
     "How wide the layers of mobilenetv1 and mobilenetv2 are."},

    {"augment", "pad", Integer{at<kAugment, &Augment::pad>, 0, 256},
     "Training images are shifted by up to so many pixels either way (pad and crop)."},
    {"augment", "flip", Flag{at<kAugment, &Augment::flip>}, "Half of them are mirrored, left for right."},
    {"augment", "rotation", Real{at<kAugment, &Augment::rotation>, 0, 180}, "They are turned by up to so many degrees either way."},
    {"augment", "scale", Real{at<kAugment, &Augment::scale>, 0, 0.9},
     "They are made larger or smaller by up to this share (what falls outside is cut off, black fills in)."},
    {"augment", "jitter", Real{at<kAugment, &Augment::jitter>, 0, 1},
     "How far contrast and brightness (as shares) and the tint of colours wander."},
    {"augment", "cutout", Integer{at<kAugment, &Augment::cutout>, 0, 1024}, "A square of so many pixels a side becomes black."},
    {"augment", "mixup", Real{at<kAugment, &Augment::mixup>, 0, 2},
     "Every image is blended with another one, and its label with that one's, by shares drawn from Beta(mixup, mixup); 0: none is."},

    {"train", "epochs", Integer{at<kTrain, &Train::epochs>, 0, 100'000}, "Passes over the training images; 0: a network.model stays as it is."},
    {"train", "batch", Integer{at<kTrain, &Train::batch>, 1, 65'536}, "Images a step, of all processes together where several train."},
    {"train", "optimizer", Text{at<kTrain, &Train::optimizer>, {"adam", "adamw", "sgd"}}, "How a gradient becomes a step."},
    {"train", "learning_rate", Real{at<kTrain, &Train::learning_rate>, 1e-9, 100},
     "Size of a step at the start of the schedule."},
    {"train", "momentum", Real{at<kTrain, &Train::momentum>, 0, 0.9999}, "Share of the last step that sgd repeats."},
    {"train", "nesterov", Flag{at<kTrain, &Train::nesterov>}, "Nesterov's momentum for sgd, which looks a step ahead."},
    {"train", "weight_decay", Real{at<kTrain, &Train::weight_decay>, 0, 1},
     "How strongly weights are pulled towards 0 (an L2 penalty on them; apart from the gradient in adamw)."},
    {"train", "decay_all", Flag{at<kTrain, &Train::decay_all>}, "false: biases and the parameters of norms do not decay."},
    {"train", "schedule",
     Text{at<kTrain, &Train::schedule>, {"constant", "cosine", "step", "multi-step", "exponential", "time", "plateau"}},
     "The learning rate over time: cosine falls to 0 at the last step; step, multi-step, exponential and plateau multiply it by factor "
     "every step_epochs, at the milestones, every epoch, or where the validation loss stands still; time divides it by 1 + factor * epoch."},
    {"train", "factor", Real{at<kTrain, &Train::factor>, 0, 1}, "What a schedule multiplies the learning rate by."},
    {"train", "step_epochs", Integer{at<kTrain, &Train::step_epochs>, 1, 100'000}, "Epochs between two falls of schedule step."},
    {"train", "milestones", Numbers{at<kTrain, &Train::milestones>, kMostMilestones}, "Epochs after which schedule multi-step falls."},
    {"train", "patience", Integer{at<kTrain, &Train::patience>, 0, 100'000},
     "Epochs that schedule plateau waits for a lower validation loss."},
    {"train", "warmup_epochs", Real{at<kTrain, &Train::warmup_epochs>, 0, 100'000},
     "Epochs over which the learning rate rises from almost 0 first."},
    {"train", "stop_after", Integer{at<kTrain, &Train::stop_after>, 0, 100'000},
     "Ends the training after so many epochs without a better validation accuracy; 0: never."},
    {"train", "keep", Text{at<kTrain, &Train::keep>, {"best", "last"}},
     "Which epoch's weights are the result: those of the best on validation, or of the last, where validation is small or only looked at."},
    {"train", "label_smoothing", Real{at<kTrain, &Train::label_smoothing>, 0, 0.9}, "Share of the label that all classes divide among them."},
    {"train", "clip_norm", Real{at<kTrain, &Train::clip_norm>, 0, 1e6}, "Longer gradients are shortened to this length; 0: none is."},
    {"train", "average", Real{at<kTrain, &Train::average>, 0, 0.99999},
     "Validates and keeps a moving average of the weights, of which a step leaves this share; 0: the weights themselves."},
    {"train", "precision", Text{at<kTrain, &Train::precision>, {"float32", "bfloat16"}},
     "In which matrix products and convolutions compute while training; bfloat16 is quicker on processors that have it. Weights, sums and "
     "validation stay float32."},
    {"train", "threads", Integer{at<kTrain, &Train::threads>, 0, 1024}, "Processor threads; 0: all there are, shared out among the processes that torchrun starts on a machine."},
    {"train", "device", Text{at<kTrain, &Train::device>, {"cpu", "cuda"}},
     "What trains: processors, or a GPU for each process, where LibTorch was built with CUDA."},

    {"quantize", "weight_bits", Integer{at<kQuantize, &Quantize::weight_bits>, 1, 16}, "Bits of a weight; 1: -1 or +1."},
    {"quantize", "activation_bits", Integer{at<kQuantize, &Quantize::activation_bits>, 1, 16},
     "Bits of a value between layers; 1: 0 or 1, or where it may be negative -1 or +1."},
    {"quantize", "first_last_bits", Integer{at<kQuantize, &Quantize::first_last_bits>, 0, 16},
     "Bits of weights and inputs of the layers that read the image and of the last one, where few bits cost most; 0: as the others."},
    {"quantize", "sum_bits", Integer{at<kQuantize, &Quantize::sum_bits>, 0, 16},
     "Bits of what additions, products, Concats and average pools read, as the shortcuts of a residual network; layers that read the same "
     "value still get activation_bits of it. 0: as the others."},
    {"quantize", "layers", kLayerBits,
     "Bits of some layers, by name, of their weights and of what they read; float leaves a layer in float, on which no hardware is made."},
    {"quantize", "per_channel", Flag{at<kQuantize, &Quantize::per_channel>},
     "One scale for each output channel's weights; false: one for all of a layer."},
    {"quantize", "group", Integer{at<kQuantize, &Quantize::group>, 1, 1'000'000},
     "With per_channel: so many output channels in a row share a scale."},
    {"quantize", "symmetric_weights", Flag{at<kQuantize, &Quantize::symmetric_weights>},
     "Weights have no zero point, as all hardware takes them; false: one beside each scale, so that no integer is lost on one-sided weights."},
    {"quantize", "symmetric_activations", Flag{at<kQuantize, &Quantize::symmetric_activations>},
     "Values between layers have no zero point; those that may be negative are then signed."},
    {"quantize", "signed_activations", Flag{at<kQuantize, &Quantize::signed_activations>},
     "Values between layers are signed integers, also where none is negative."},
    {"quantize", "power_of_two", Flag{at<kQuantize, &Quantize::power_of_two>},
     "Every scale is a power of two, so that requantization is a shift and costs no multiplier."},
    {"quantize", "equalize", Flag{at<kQuantize, &Quantize::equalize>},
     "Scale the channels between layers first, so that one scale fits all of a layer's weights (cross-layer equalization; for depthwise "
     "networks with per_channel: false)."},
    {"quantize", "absorb_bias", Flag{at<kQuantize, &Quantize::absorb_bias>},
     "Move what a channel always gives into the bias of the next layer, where that pads nothing, after equalization (high-bias absorption)."},
    {"quantize", "correct_bias", Flag{at<kQuantize, &Quantize::correct_bias>},
     "Move biases, layer after layer, so that the mean of every channel on the calibration images is that of the float network (bias "
     "correction)."},
    {"quantize", "rounding", Text{at<kQuantize, &Quantize::rounding>, {"nearest", "adaround"}},
     "To which integer a weight is rounded: the nearest, or, of its two neighbours, the one that is learned to keep the layer's output "
     "(AdaRound)."},
    {"quantize", "rounding_steps", Integer{at<kQuantize, &Quantize::rounding_steps>, 1, 1'000'000}, "Steps of adaround for each layer."},
    {"quantize", "calibration", Text{at<kQuantize, &Quantize::calibration>, {"min-max", "moving-average", "percentile", "mse", "entropy"}},
     "How the range of a value is found on calibration images: its extremes, each image's extremes averaged, most of the values, or where "
     "squared error or divergence of the quantized values is least."},
    {"quantize", "percentile", Real{at<kQuantize, &Quantize::percentile>, 50, 100},
     "Per cent of values that calibration by percentile keeps inside the range."},
    {"quantize", "images", Integer{at<kQuantize, &Quantize::images>, 1, 1'000'000},
     "Calibration images, taken from the training part."},
    {"quantize", "max_drop", Real{at<kQuantize, &Quantize::max_drop>, 0, 100},
     "Points of top-1 accuracy that the integer network may lose against float before the run counts as failed."},

    {"mixed_precision", "bits", Numbers{at<kMixedPrecision, &MixedPrecision::bits>, kMostWidths},
     "Widths that a layer's weights and what it reads may have, as [2, 4, 8]: each layer gets those of the least predicted noise within the "
     "budget, those named in quantize.layers excepted. Empty: all have the same."},
    {"mixed_precision", "cost", Text{at<kMixedPrecision, &MixedPrecision::cost>, {"size", "mac-bits"}},
     "What the budget counts: bytes of weights, or MACs times the bits of both operands."},
    {"mixed_precision", "budget", Real{at<kMixedPrecision, &MixedPrecision::budget>, 0.001, 100}, "As a share of what 8 bits everywhere cost."},
    {"mixed_precision", "images", Integer{at<kMixedPrecision, &MixedPrecision::images>, 1, 1'000'000},
     "Validation images that the sensitivity of layers is judged by."},

    {"ladder", "climb", Flag{at<kLadder, &Ladder::climb>},
     "Go only as far as accuracy asks (Algorithm 1): quantize everything; where that loses more than quantize.max_drop, leave some layers in "
     "float; where that does, too, train. false: train whenever quantized_training has epochs, and leave no layer in float."},
    {"ladder", "float_layers", Text{at<kLadder, &Ladder::float_layers>, {"none", "convolutions", "sensitive"}},
     "What the second rung leaves in float: the convolutions, or the most sensitive layers, one more at a time. No hardware is made of such a "
     "network, so a recipe with a target passes over this rung."},
    {"ladder", "float_share", Real{at<kLadder, &Ladder::float_share>, 0, 1}, "Share of the MACs that sensitive layers in float may take."},
    {"ladder", "images", Integer{at<kLadder, &Ladder::images>, 0, 1'000'000}, "Validation images that rungs are judged by; 0: all."},

    {"quantized_training", "epochs", Integer{at<kQuantizedTraining, &QuantizedTraining::epochs>, 0, 100'000},
     "Epochs of training through simulated quantization, from the float network and calibrated scales; 0: none."},
    {"quantized_training", "from", Text{at<kQuantizedTraining, &QuantizedTraining::from>, {}},
     "Run folder of an earlier training of the same network through the same quantization, from whose weights and scales to begin instead: for "
     "more epochs, with a learning rate that rises again."},
    {"quantized_training", "method",
     Text{at<kQuantizedTraining, &QuantizedTraining::method>, {"lsq", "lsq+", "pact", "dorefa", "straight-through", "inq"}},
     "lsq learns the scales of weights and activations; lsq+ offsets of activations, too; pact learns where activations are clipped, and "
     "dorefa bounds weights by a tanh (pact's as well); inq makes powers of two of weights, portion by portion; straight-through, dorefa and "
     "inq learn no scale."},
    {"quantized_training", "portions", Numbers{at<kQuantizedTraining, &QuantizedTraining::portions>, kMostPortions},
     "Of inq: the shares of each layer's weights that are quantized one after the other, the largest weights first. Epochs are divided among them."},
    {"quantized_training", "optimizer", Text{at<kQuantizedTraining, &QuantizedTraining::optimizer>, {"adam", "adamw", "sgd"}},
     "As in train; momentum, batch, augmentation and what is not here are those of train."},
    {"quantized_training", "learning_rate", Real{at<kQuantizedTraining, &QuantizedTraining::learning_rate>, 1e-9, 100}, "As in train."},
    {"quantized_training", "weight_decay", Real{at<kQuantizedTraining, &QuantizedTraining::weight_decay>, 0, 1}, "As in train; not of scales."},
    {"quantized_training", "schedule",
     Text{at<kQuantizedTraining, &QuantizedTraining::schedule>, {"constant", "cosine", "step", "multi-step", "exponential", "time", "plateau"}},
     "As in train."},
    {"quantized_training", "warmup_epochs", Real{at<kQuantizedTraining, &QuantizedTraining::warmup_epochs>, 0, 100'000}, "As in train."},
    {"quantized_training", "scale_rate", Real{at<kQuantizedTraining, &QuantizedTraining::scale_rate>, 0, 1000},
     "Learning rate of scales and offsets, as a multiple of that of weights."},
    {"quantized_training", "scale_decay", Real{at<kQuantizedTraining, &QuantizedTraining::scale_decay>, 0, 1},
     "Weight decay of scales and offsets; PACT needs some, as clipping alone only ever widens the range."},
    {"quantized_training", "observers", Text{at<kQuantizedTraining, &QuantizedTraining::observers>, {"none", "moving-average"}},
     "For methods that learn no scale of activations: what their ranges follow while training. none: they stay as calibrated; moving-average: a "
     "moving average of each batch's extremes."},
    {"quantized_training", "observer_momentum", Real{at<kQuantizedTraining, &QuantizedTraining::observer_momentum>, 0, 0.99999},
     "Share of a moving average's range that a batch leaves."},
    {"quantized_training", "freeze_scales", Integer{at<kQuantizedTraining, &QuantizedTraining::freeze_scales>, 0, 100'000},
     "Epochs after which scales and offsets stay as they are, learned or observed; 0: they move to the end."},
    {"quantized_training", "freeze_batch_norm", Integer{at<kQuantizedTraining, &QuantizedTraining::freeze_batch_norm>, 0, 100'000},
     "Epochs after which BatchNorm takes its running statistics instead of the batch's and leaves them as they are; 0: never."},
    {"quantized_training", "fold_batch_norm", Flag{at<kQuantizedTraining, &QuantizedTraining::fold_batch_norm>},
     "Fold BatchNorm into its layer before this training; with quantize.power_of_two, or without per_channel, that is done anyhow."},
    {"quantized_training", "reestimate_batch_norm", Integer{at<kQuantizedTraining, &QuantizedTraining::reestimate_batch_norm>, 0, 1'000'000},
     "Training images over which BatchNorm's statistics are taken anew, for validation and in the end; 0: the running ones stay."},

    {"hardware", "target", Text{at<kHardware, &Hardware::target>, {}},
     "Back end and part, as stream:xczu3eg or stream:ice40up5k; empty: no hardware is made."},
    {"hardware", "clock_mhz", Real{at<kHardware, &Hardware::clock_mhz>, 0, 2000},
     "Clock to aim at; 0: the part's own default."},
    {"hardware", "folding", kFolding,
     "Output channels (pe) and inputs (simd) that a layer computes in one cycle; layers that are not named here are "
     "chosen."},

    {"verify", "images", Integer{at<kVerify, &Verify::images>, 1, 1'000'000},
     "Test images whose every output Verilator compares."},
    {"verify", "icarus_images", Integer{at<kVerify, &Verify::icarus_images>, 0, 1'000'000},
     "The same for Icarus Verilog, the second opinion."},
    {"verify", "stall", Real{at<kVerify, &Verify::stall>, 0, 0.99},
     "Probability that either end of the design stalls in a cycle."},
};

}  // namespace

std::string Key::title() const {
  return section.empty() ? fmt::format("'{}'", name) : fmt::format("'{}' in '{}'", name, section);
}

std::span<const Key> all_keys() {
  return kKeys;
}

std::vector<std::string> section_names() {
  std::vector<std::string> names;
  for (const Key& key : kKeys)
    if (!key.section.empty() && (names.empty() || names.back() != key.section)) names.emplace_back(key.section);
  return names;
}

bool is_section(std::string_view name) {
  return !name.empty() && std::ranges::any_of(kKeys, [&](const Key& key) { return key.section == name; });
}

std::vector<std::string> key_names(std::string_view section) {
  std::vector<std::string> names;
  for (const Key& key : kKeys)
    if (key.section == section) names.emplace_back(key.name);
  return names;
}

const Key* find_key(std::string_view section, std::string_view name) {
  const auto found =
      std::ranges::find_if(kKeys, [&](const Key& key) { return key.section == section && key.name == name; });
  return found == std::end(kKeys) ? nullptr : found;
}

namespace {

struct Describe {
  template <class T>
  static std::string range(std::string_view article, T low, T high) {
    return low == high ? fmt::format("{} (no other value yet)", low)
                       : fmt::format("{} from {} to {}", article, low, high);
  }
  std::string operator()(const Integer& v) const { return range("an integer", v.low, v.high); }
  std::string operator()(const Seed&) const { return "an integer from 0 to 18446744073709551615"; }
  std::string operator()(const Real& v) const { return range("a number", v.low, v.high); }
  std::string operator()(const Flag&) const { return "true or false"; }
  std::string operator()(const Text& v) const {
    return v.choices.empty() ? "text" : "one of: " + join(v.choices, ", ");
  }
  std::string operator()(const Numbers& v) const { return v.most == 2 ? "two numbers like [0, 255]" : "a list of numbers like [0.5, 0.4]"; }
  std::string operator()(const LayerMap& v) const { return fmt::format("a map like {{conv1: {}}}", v.example); }
};

struct ScalarText {
  Recipe& recipe;
  std::string operator()(const Integer& v) const { return fmt::format("{}", v.of(recipe)); }
  std::string operator()(const Seed& v) const { return fmt::format("{}", v.of(recipe)); }
  std::string operator()(const Real& v) const { return fmt::format("{}", v.of(recipe)); }
  std::string operator()(const Flag& v) const { return v.of(recipe) ? "true" : "false"; }
  std::string operator()(const Text& v) const { return v.of(recipe); }
  std::string operator()(const Numbers& v) const { return fmt::format("[{}]", fmt::join(v.of(recipe), ", ")); }
  std::string operator()(const LayerMap&) const { return assert(!"not a scalar"), ""; }
};

}  // namespace

std::string describe(const Value& value) {
  return std::visit(Describe{}, value);
}

std::string entry_text(const LayerMap& map, const LayerMap::Entry& entry) {
  if (map.in_float && entry.first == map.in_float) return "float";
  return fmt::format("{{{}: {}, {}: {}}}", map.first, entry.first, map.second, entry.second);
}

std::string scalar_text(const Value& value, const Recipe& recipe) {
  Recipe copy = recipe;  // the accessors hand out a reference that may be written to
  return std::visit(ScalarText{copy}, value);
}

std::string value_text(const Value& value, const Recipe& recipe) {
  const auto* map = std::get_if<LayerMap>(&value);
  if (!map) return scalar_text(value, recipe);
  std::vector<std::string> layers;
  for (const LayerMap::Entry& e : map->entries(recipe)) layers.push_back(fmt::format("{}: {}", e.layer, entry_text(*map, e)));
  return "{" + join(layers, ", ") + "}";
}

}  // namespace bitloom::recipe
