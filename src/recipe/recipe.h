#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace bitloom {

/// A recipe: what `bitloom run` and `bitloom train` do, from a YAML file. Defaults stand here; every key with its range and meaning
/// stands in keys.cpp's table. Reading checks against that table, and `bitloom recipe` prints the manual from it.
struct Recipe {
  std::string name;                    ///< default: the file's stem
  std::uint64_t seed = 1;

  struct Data {
    std::string set;                   ///< required; see data::open_dataset
    double validation = 0.1;
    int height = 0, width = 0;         ///< resize of dir: sets
    bool skip_corrupt = false;         ///< images of dir: sets that cannot be decoded
    int loader_threads = 0;            ///< that decode, augment and normalize; 0: train.threads
    int cache_mb = 0;                  ///< megabytes of decoded images in memory; 0: a quarter of the machine's
    std::vector<double> range, mean, std;  ///< pixels to network input; empty: what the network carries
  } data;

  struct Network {
    std::string name;                  ///< see zoo::names; this or `model`
    std::string model;                 ///< an ONNX file, to be trained on
    bool new_classifier = false;       ///< of `model`, for the classes of the set
    std::string freeze;                ///< beginnings of the names of layers that keep their weights, separated by commas
    double width_multiplier = 1;       ///< of MobileNets
  } network;

  /// What training images go through, anew in each epoch; all of it off by default.
  struct Augment {
    int pad = 0;                       ///< pixels that an image may be shifted by, black filling in
    bool flip = false;
    double rotation = 0;               ///< degrees, either way
    double scale = 0;                  ///< share by which an image is made larger or smaller
    double jitter = 0;                 ///< of contrast, brightness and tint
    int cutout = 0;                    ///< side of the square
    double mixup = 0;                  ///< alpha; 0: none
  } augment;

  struct Train {
    int epochs = 10, batch = 500;
    std::string optimizer = "adam";    ///< adam | adamw | sgd
    double learning_rate = 1e-3, momentum = 0.9;
    bool nesterov = false;
    double weight_decay = 0;
    bool decay_all = true;             ///< false: only weights, not biases and the parameters of norms
    std::string schedule = "constant"; ///< see train/schedule.h
    double factor = 0.1;
    int step_epochs = 30;
    std::vector<double> milestones = {};  ///< epochs
    int patience = 10;                 ///< epochs
    double warmup_epochs = 0;
    int stop_after = 0;                ///< epochs without a better one; 0: never
    std::string keep = "best";         ///< best | last
    double label_smoothing = 0;
    double clip_norm = 0;              ///< 0: gradients stay as long as they are
    double average = 0;                ///< decay of the weights' moving average; 0: none
    std::string precision = "float32"; ///< float32 | bfloat16
    int threads = 0;                   ///< 0: all processors
    std::string device = "cpu";        ///< cpu | cuda
  } train;

  struct LayerBits {
    int weights = 0, activations = 0;  ///< 32 for both: the layer stays in float
    std::string place;                 ///< where it was set
  };
  struct Quantize {
    int weight_bits = 8, activation_bits = 8;
    std::map<std::string, LayerBits> layers;  ///< by name; the others have the bits above and below
    int first_last_bits = 0, sum_bits = 0;  ///< 0: as the others
    int group = 1;                     ///< output channels that share a scale
    bool symmetric_weights = true, symmetric_activations = false, signed_activations = false;
    bool per_channel = true, power_of_two = false, equalize = false, absorb_bias = false, correct_bias = false;
    std::string rounding = "nearest";  ///< nearest | adaround
    int rounding_steps = 4000;         ///< of adaround, for each layer
    std::string calibration = "min-max";  ///< min-max | moving-average | percentile | mse | entropy
    double percentile = 99.99;
    int images = 1000;                 ///< calibration images, from the training part
    double max_drop = 1.0;             ///< points of top-1 that the integer network may lose against float
  } quantize;

  /// Widths of layers by measured sensitivity (search/mixed_precision.h); off without `bits`.
  struct MixedPrecision {
    std::vector<double> bits;          ///< whole numbers; empty: all layers have the same
    std::string cost = "size";         ///< size | mac-bits
    double budget = 0.5;               ///< share of what 8 bits everywhere cost
    int images = 256;                  ///< validation images that sensitivity is judged by
  } mixed_precision;

  /// How far quantization goes for its accuracy (search/ladder.h).
  struct Ladder {
    bool climb = false;                ///< false: as the recipe says, whether needed or not
    std::string float_layers = "convolutions";  ///< none | convolutions | sensitive
    double float_share = 0.5;          ///< of the MACs, for sensitive
    int images = 0;                    ///< validation images that rungs are judged by; 0: all
  } ladder;

  /// Training through simulated quantization, after the float training (train/quantized_stage.h).
  struct QuantizedTraining {
    int epochs = 0;                    ///< 0: none
    std::string from = {};             ///< run folder of an earlier one, to begin from; empty: the float network
    std::string method = "lsq";        ///< lsq | lsq+ | pact | dorefa | straight-through | inq
    std::vector<double> portions = {0.5, 0.75, 0.875, 1};  ///< of inq: shares of a layer's weights that are quantized, one after the other
    std::string optimizer = "sgd";     ///< as in Train
    double learning_rate = 0.01, weight_decay = 1e-4;
    std::string schedule = "cosine";
    double warmup_epochs = 0;
    double scale_rate = 1, scale_decay = 0;  ///< of scales and offsets: learning rate over that of weights, and weight decay
    std::string observers = "none";    ///< none | moving-average: of activations whose scales no gradient moves
    double observer_momentum = 0.99;   ///< share of a running range that a batch leaves
    int freeze_scales = 0, freeze_batch_norm = 0;  ///< epochs after which they stay as they are; 0: never
    bool fold_batch_norm = false;      ///< before this training
    int reestimate_batch_norm = 0;     ///< images over which its statistics are taken in the end; 0: the running ones
  } quantized_training;

  struct Folding {
    int pe = 0, simd = 0;
    std::string place;               ///< where it was set: "x.yaml:12, 'conv1' in 'hardware.folding'"; for errors about it
  };
  struct Hardware {
    std::string target;                ///< "stream:xczu3eg", "stream:ice40up5k"; empty: no hardware
    double clock_mhz = 0;              ///< 0: the part's default
    std::map<std::string, Folding> folding;  ///< by node name; the others are chosen
  } hardware;

  struct Verify {
    int images = 200, icarus_images = 3;
    double stall = 0.25;               ///< probability that either end stalls in a cycle
  } verify;

  bool synth = true;
  bool precisions = false;             ///< evaluate the float network in float64, float16 and bfloat16, too

  std::filesystem::path file;          ///< where it came from
};

/// Reads and checks a recipe; `overrides` are "section.key=value" from --set.
/// @throws InputError "recipes/x.yaml:12: unknown key 'epoch' in 'train'; did you mean 'epochs'?", also for wrong types and ranges.
Recipe read_recipe(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});

/// The same for a recipe whose text has been read already; `file` names it in errors.
Recipe parse_recipe(const std::string& text, const std::filesystem::path& file, const std::vector<std::string>& overrides = {});

/// The recipe with every key written out; reading it gives the same recipe.
std::string to_yaml(const Recipe& recipe);

/// Every key with its type, range, default and meaning.
std::string recipe_manual();

}  // namespace bitloom
