#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bitloom::report {

/// Where a figure comes from. It is printed beside the figure.
struct Origin {
  enum class Kind {
    kMeasured,     ///< by running it; `detail`: on how many images, on which machine
    kCounted,      ///< exact, from the network itself: bytes, parameters
    kSimulated,    ///< the RTL; `detail`: "Verilator 5.006, 200 images"
    kSynthesized,  ///< `detail`: "Yosys 0.23, nextpnr-ice40 0.4, iCE40 UP5K"
    kEstimated,    ///< by a model; `detail`: which
    kNotRun,       ///< `detail`: why
  };
  Origin() : Origin(Kind::kNotRun, "the run did not come this far") {}
  Origin(Kind how, std::string what) : kind(how), detail(std::move(what)) {}
  Kind kind;
  std::string detail;
};

/// A figure or a group of figures with one origin. Without a value the origin is kNotRun and says why.
template <class T>
struct Sourced {
  Sourced() = default;
  Sourced(Origin why_not) : origin(std::move(why_not)) {}  // NOLINT(google-explicit-constructor)
  Sourced(Origin from, T figure) : origin(std::move(from)), value(std::move(figure)) {}
  Origin origin;
  std::optional<T> value;

  const T& operator*() const { return *value; }
  const T* operator->() const { return &*value; }
  T* operator->() { return &*value; }
  explicit operator bool() const { return value.has_value(); }
};

/// What the user asked for.
struct Request {
  std::string recipe, network, data;
  std::string target;                ///< "stream:ice40up5k"; empty: no hardware
  std::string part;                  ///< what people call it: "iCE40 UP5K, sg48"
  double clock_mhz = 0;              ///< that the hardware is made for
  int weight_bits = 8, activation_bits = 8;                          ///< 0: layers have different ones
  double max_drop = 0;               ///< points of top-1 that the integer network may lose
  std::uint64_t seed = 0;
  bool part_in_float = false;                                        ///< layers of what was made of it stay in float
};

struct Accuracy {
  double top1 = 0;                                   ///< per cent
  std::int64_t images = 0;
  std::vector<std::vector<std::int64_t>> confusion;  ///< [label][prediction]
};

struct Epoch {
  int epoch = 0;
  double train_loss = 0, train_top1 = 0, validation_loss = 0, validation_top1 = 0;
};

struct Training {
  std::vector<Epoch> epochs;
  int kept_epoch = 0;                ///< the one whose weights are the result
  double seconds = 0, images_per_second = 0;
  std::string kept_because = "the best on validation";  ///< what that epoch is
};

/// Bytes of the parameters: of the float network at 4 bytes each, of the integer network as stored.
struct Size {
  std::int64_t parameters = 0, float_bytes = 0, int_bytes = 0;
};

struct Layer {
  std::string name, op, output_shape;
  std::int64_t parameters = 0, macs = 0;
  int weight_bits = 0, activation_bits = 0;          ///< 0 where there are none
  int pe = 0, simd = 0;                              ///< 0 where there are none
  std::int64_t ideal_cycles = 0;                     ///< one image; 0 without hardware
};

/// When a unit sent its output of one image, in cycles from the first input of image 0.
struct UnitActivity {
  std::string unit;
  std::int64_t image = 0, first_cycle = 0, last_cycle = 0;
};

struct Verification {
  std::int64_t images = 0, outputs = 0, mismatches = 0;              ///< outputs: compared in all
  std::string first_mismatch;                                        ///< "image 3, output 7: 12 instead of 13"; may be empty
  double stall = 0;                                                  ///< probability in each cycle, on both ends
  std::string second_simulator;                                      ///< "Icarus Verilog 11.0"; empty: not run
  std::int64_t second_images = 0, second_mismatches = 0;
  std::int64_t latency_cycles = 0, throughput_images = 0, ideal_cycles = 0;
  double cycles_per_image = 0;
  std::vector<UnitActivity> timeline;                                ///< units in the order of the stream
  std::string failure;                                               ///< why a simulation broke off; empty when none did
  std::string json;                                                  ///< the object that `bitloom verify` prints
};

/// One kind of resource of the part.
struct Resource {
  std::string key, name;                                             ///< "lut", "logic cells"
  double available = 0;
  std::optional<double> estimated, synthesized;
};

struct Synthesis {
  std::optional<double> fmax_mhz;                                    ///< none where the tools give no timing
  std::string bitstream;                                             ///< its path in the run folder; empty: none
  std::string failure;                                               ///< why it did not pass; empty when it did
  std::string json;                                                  ///< the object that `bitloom synth` prints
};

/// Channel planes (CHW), 0..255; 1 or 3 channels.
struct Image {
  int channels = 1, height = 0, width = 0;
  std::vector<std::uint8_t> pixels;
};

/// A test image that one of the two networks gets wrong. Classes as indices.
struct Mistake {
  std::int64_t index = 0;
  Image image;
  int label = 0, float_prediction = 0, int_prediction = 0;
};

struct OutputFile {
  std::string path;                                                  ///< below the run folder
  std::int64_t bytes = 0;
  std::string sha256;
};

/// What it takes to do the run again.
struct Provenance {
  std::string command, recipe_text;
  std::string version;                                               ///< of Bitloom, with the commit
  std::string machine, date;                                         ///< "AMD EPYC 9B14, 2 cores, Debian 12"
  double seconds = 0;                                                ///< the whole run
  std::vector<std::pair<std::string, std::string>> tools;            ///< {"Yosys", "0.23"}
  std::vector<OutputFile> files;
};

/// A try of the ladder: quantized so far, and what came of it.
struct Rung {
  std::string name;                                                  ///< "everything quantized"
  std::optional<double> top1;                                        ///< per cent, on validation images; none where it was left out
  std::string why_not;                                               ///< then, the reason
  int float_layers = 0;
  double float_share = 0;                                            ///< of the MACs
  std::int64_t bytes = 0;                                            ///< of the parameters
  double seconds = 0;
  bool passed = false, kept = false;
};

struct Ladder {
  double float_top1 = 0;                                             ///< per cent, on the same validation images
  std::int64_t images = 0;
  std::vector<Rung> rungs;
};

/// What layers may have and were given.
struct LayerWidths {
  std::string layer;
  std::int64_t weights = 0, macs = 0;
  std::vector<double> weight_decibels, activation_decibels;          ///< signal to noise of the output, this alone being quantized; for each width
  int weight_bits = 0, activation_bits = 0;                          ///< chosen
};

struct MixedPrecision {
  struct Point {
    double cost = 0, decibels = 0;                                   ///< cost as a share of 8 bits everywhere
    std::string name;                                                ///< "4 bits"; may be empty
  };
  std::vector<int> widths;
  std::vector<LayerWidths> layers;
  std::string unit;                                                  ///< of the cost: "bytes of weights"
  double cost_of_8_bits = 0, budget = 0;                             ///< budget as a share
  Point chosen;
  std::vector<Point> front, uniform;                                 ///< predicted
};

/// Everything that a report shows. Left as it is constructed, it is the report of a run of which nothing has happened yet.
struct RunReport {
  Request request;
  Provenance provenance;
  std::string stopped;                                               ///< the error that ended the run early; empty: none
  std::vector<std::string> class_names;

  Sourced<Training> training;
  Sourced<Accuracy> float_accuracy, int_accuracy;                    ///< on the same test images
  std::optional<double> post_training_top1;                          ///< per cent, before the quantized network was trained; none: it was not
  std::optional<double> float64_top1, float16_top1, bfloat16_top1;   ///< per cent, of the float network computed so; none: not asked for
  std::optional<Sourced<Ladder>> ladder;                             ///< none: the recipe does not climb
  std::optional<Sourced<MixedPrecision>> mixed_precision;            ///< none: all layers have the same widths
  std::optional<std::int64_t> changed_answers;                       ///< images on which the two networks predict different classes
  std::vector<Mistake> mistakes;
  Sourced<Size> size;

  std::vector<Layer> layers;
  std::vector<std::string> quantization_notes;                       ///< what passes changed or left alone, a sentence each
  Origin cycles_origin;                                              ///< of the layers' cycles
  std::vector<Resource> resources;                                   ///< of the part, in the order to show them
  Origin estimate_origin;                                            ///< of their estimates
  Sourced<Synthesis> synthesis;                                      ///< and of what is synthesized
  Sourced<Verification> verification;
};

/// One thing that a run promises.
struct Check {
  enum class Outcome { kPassed, kFailed, kNotRun };
  std::string name;
  Outcome outcome = Outcome::kNotRun;
  std::string detail;                                                ///< the figures, or why it was not run
};

/// Judged from the report's own figures, so that a verdict cannot contradict what stands below it.
std::vector<Check> checks(const RunReport& report);

/// True when no check failed and nothing ended the run early. Checks that were not run do not count.
bool passed(const RunReport& report);

/// summary.json; the keys are stated in docs/architecture.md. What was not run is null.
nlohmann::json summary_json(const RunReport& report);

/// One HTML file that needs nothing else: no network, no fonts, no scripts to be readable.
std::string render_html(const RunReport& report);

/// About ten aligned lines for a terminal, the last with the path of the HTML report.
std::string render_terminal_summary(const RunReport& report, const std::string& report_path);

}  // namespace bitloom::report
