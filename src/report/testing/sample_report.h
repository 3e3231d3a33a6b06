#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "report/report.h"

namespace bitloom::report {

// A report with every part filled in, for tests: the shape and the order of magnitude of a real run, not the figures of one.

/// About `images` images in ten classes; `errors` of them off the diagonal, spread by `seed`.
inline Accuracy sample_accuracy(std::int64_t images, int errors, std::uint64_t seed) {
  constexpr std::size_t kClasses = 10;
  Accuracy accuracy{0, images, std::vector(kClasses, std::vector<std::int64_t>(kClasses))};
  for (std::size_t i = 0; i < kClasses; ++i) accuracy.confusion[i][i] = images / static_cast<std::int64_t>(kClasses);
  RandomStream random({seed});
  constexpr std::array<std::pair<int, int>, 4> kAlike{{{4, 9}, {7, 2}, {3, 5}, {9, 4}}};
  for (int e = 0; e < errors; ++e) {
    const auto alike = kAlike[random.below(kAlike.size())];
    const bool likely = random.below(2) == 0;
    const auto label = likely ? static_cast<std::size_t>(alike.first) : static_cast<std::size_t>(random.below(kClasses));
    const auto answer = likely ? static_cast<std::size_t>(alike.second) : static_cast<std::size_t>(random.below(kClasses));
    --accuracy.confusion[label][label];
    ++accuracy.confusion[label][answer];
  }
  std::int64_t right = 0;
  for (std::size_t i = 0; i < kClasses; ++i) right += accuracy.confusion[i][i];
  accuracy.top1 = 100.0 * static_cast<double>(right) / static_cast<double>(images);
  return accuracy;
}

inline Training sample_training() {
  Training training{{}, 9, 148.2, 6420};
  for (int epoch = 1; epoch <= 10; ++epoch) {
    const double rest = std::exp(-0.45 * epoch), wobble = epoch % 3 == 0 ? 0.004 : 0;
    training.epochs.push_back(
        {epoch, 0.03 + 1.6 * rest, 98.9 - 22 * rest, 0.055 + 1.3 * rest + wobble, 98.4 - 17 * rest + (epoch == 9 ? 0.15 : 0)});
  }
  return training;
}

/// A pipeline whose units need `cycles` an image each and start `lag` cycles after the one before them.
inline std::vector<UnitActivity> sample_timeline(int images) {
  struct Pace {
    const char* unit;
    std::int64_t cycles, lag;
  };
  constexpr std::array<Pace, 8> kUnits{{{"conv1_window", 8056, 60}, {"conv1_matrix_vector", 8112, 90}, {"conv1_requantize", 8112, 4},
                                        {"pool1", 7980, 330}, {"conv2_window", 8690, 420}, {"conv2_matrix_vector", 8712, 240},
                                        {"pool2", 8400, 350}, {"fc_matrix_vector", 40, 8700}}};
  std::vector<UnitActivity> timeline;
  std::array<std::int64_t, kUnits.size()> busy_until{};
  for (int image = 0; image < images; ++image) {
    std::int64_t start = 8712 * image;
    for (std::size_t u = 0; u < kUnits.size(); ++u) {
      start = std::max(start + kUnits[u].lag, busy_until[u]);
      timeline.push_back({kUnits[u].unit, image, start, start + kUnits[u].cycles - 1});
      busy_until[u] = start + kUnits[u].cycles;
    }
  }
  return timeline;
}

inline Verification sample_verification() {
  Verification run{200, 2000, 0, "", 0.25, "Icarus Verilog 11.0", 3, 0, 0, 50, 8712, 8712.6, sample_timeline(50), "", ""};
  for (const UnitActivity& activity : run.timeline)
    if (activity.image == 0) run.latency_cycles = std::max(run.latency_cycles, activity.last_cycle);
  run.json = R"({"images": 200, "mismatches": 0, "latency_cycles": 10233, "cycles_per_image": 8712.6})";
  return run;
}

/// A ring or a bar of soft edges, so that the images of the page are not all alike.
inline Image sample_image(int index, int channels) {
  Image image{channels, 28, 28, {}};
  for (int c = 0; c < channels; ++c)
    for (int y = 0; y < 28; ++y)
      for (int x = 0; x < 28; ++x) {
        const double dx = x - 13.5, dy = (y - 13.5) * 0.8, slant = dx + 0.3 * (index % 5) * dy - 2;
        const double distance = index % 2 == 0 ? std::abs(std::hypot(dx, dy) - 7) : std::abs(slant) + std::max(0.0, std::abs(dy) - 8);
        image.pixels.push_back(static_cast<std::uint8_t>(std::clamp(255 * (2.2 - distance - 0.3 * c), 0.0, 255.0)));
      }
  return image;
}

inline Ladder sample_ladder() {
  return {98.4, 600,
          {{"everything quantized", 95.25, "", 0, 0, 5'360, 0.4, false, false},
           {"part in float: 2 of 3 layers", std::nullopt, "hardware is made of integers alone", 0, 0, 0, 0, false, false},
           {"trained", 98.1, "", 0, 0, 5'360, 12.5, true, true}}};
}

inline MixedPrecision sample_mixed_precision() {
  MixedPrecision mixed;
  mixed.widths = {2, 4, 8};
  mixed.unit = "bytes of weights";
  mixed.cost_of_8_bits = 5'224;
  mixed.budget = 0.5;
  mixed.layers = {{"conv1", 72, 48'672, {9.8, 25.1, 48.9}, {45.2}, 8, 8},
                  {"conv2", 1'152, 139'392, {11.2, 27.4, 52.3}, {12.1, 26.0, 49.7}, 4, 8},
                  {"fc", 4'000, 4'000, {12.4, 30.2, 56.1}, {15.3, 31.9, 57.2}, 4, 8}};
  mixed.chosen = {0.5, 24.6, "chosen"};
  for (int i = 0; i <= 40; ++i) mixed.front.push_back({0.25 + 0.75 * i / 40, 8 + 34.0 * i / 40, ""});
  mixed.uniform = {{0.25, 6.2, "2 bits"}, {0.5, 20.4, "4 bits"}, {1, 41.8, "8 bits"}};
  return mixed;
}

inline RunReport sample_report() {
  const std::string machine = "AMD EPYC 9B14, 2 cores, Debian 12";
  RunReport report;
  report.request = {"digits", "digits-ice40", "digits", "stream:ice40up5k", "iCE40 UP5K, sg48", 24, 8, 8, 1, 1};
  for (int i = 0; i < 10; ++i) report.class_names.push_back(std::to_string(i));
  report.training = {Origin(Origin::Kind::kMeasured, machine), sample_training()};
  report.float_accuracy = {Origin(Origin::Kind::kMeasured, "all 10,000 test images, " + machine), sample_accuracy(10'000, 168, 1)};
  report.int_accuracy = {Origin(Origin::Kind::kMeasured, "all 10,000 test images, " + machine), sample_accuracy(10'000, 171, 1)};
  report.changed_answers = 14;
  report.float64_top1 = report.float16_top1 = report.float_accuracy->top1;
  report.bfloat16_top1 = report.float_accuracy->top1 - 0.06;
  report.ladder = {Origin(Origin::Kind::kMeasured, "600 validation images on " + machine), sample_ladder()};
  report.mixed_precision = {Origin(Origin::Kind::kMeasured, "256 validation images on " + machine), sample_mixed_precision()};
  for (int i = 0; i < 12; ++i)
    report.mistakes.push_back({137 + 411 * i, sample_image(i, 1), i % 10, i % 3 ? (i + 3) % 10 : i % 10, (i + 3) % 10});
  report.size = {Origin(Origin::Kind::kCounted, "models/float.onnx, models/int8.onnx"), Size{5'258, 21'032, 5'360}};
  report.layers = {{"conv1", "Conv2d", "8 x 26 x 26", 80, 48'672, 8, 8, 2, 3, 8'112},
                   {"pool1", "MaxPool2d", "8 x 13 x 13", 0, 0, 0, 8, 0, 0, 676},
                   {"conv2", "Conv2d", "16 x 11 x 11", 1'168, 139'392, 8, 8, 2, 8, 8'712},
                   {"pool2", "MaxPool2d", "16 x 5 x 5", 0, 0, 0, 8, 0, 0, 484},
                   {"flatten", "Flatten", "400", 0, 0, 0, 0, 0, 0, 0},
                   {"fc", "Gemm", "10", 4'010, 4'000, 8, 8, 1, 1, 4'000}};
  report.cycles_origin = {Origin::Kind::kEstimated, "ideal cycles of the folding"};
  report.resources = {{"lut", "logic cells", 5280, 3910, 4127}, {"dsp", "DSP blocks", 8, 8, 8},
                      {"bram", "4-kbit EBRs", 30, 24, 26},      {"spram", "256-kbit SPRAMs", 4, 0, 0}};
  report.estimate_origin = {Origin::Kind::kEstimated, "cost model of the stream back end"};
  report.synthesis = {
      {Origin::Kind::kSynthesized, "Yosys 0.23, nextpnr-ice40 0.4, iCE40 UP5K"},
      Synthesis{27.4, "hardware/build/synth/top.bin", "", R"({"lut": 4127, "dsp": 8, "bram": 26, "fmax_mhz": 27.4, "fits": true})"}};
  report.verification = {Origin(Origin::Kind::kSimulated, "Verilator 5.006, 200 images"), sample_verification()};
  report.provenance.command = "./bitloom run recipes/digits.yaml";
  report.provenance.recipe_text = "data:\n  set: digits\nnetwork:\n  name: digits-ice40\nhardware:\n  target: stream:ice40up5k\n";
  report.provenance.version = "0.1.0 (commit fbc20a5)";
  report.provenance.machine = machine;
  report.provenance.date = "2026-11-21 10:12 UTC";
  report.provenance.seconds = 231.4;
  report.provenance.tools = {{"Verilator", "5.006"}, {"Icarus Verilog", "11.0"}, {"Yosys", "0.23"}, {"nextpnr-ice40", "0.4"}};
  report.provenance.files = {{"models/float.onnx", 23'304, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
                             {"models/int8.onnx", 9'112, "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"},
                             {"hardware/build/synth/top.bin", 104'090, "fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13"}};
  return report;
}

/// The sample with text in every place that would leave its place on a page that did not escape it.
inline RunReport hostile_report() {
  const std::string hostile =
      "</title></style></script><script>window.broken = 1</script><img src=x onerror=\"window.broken = 1\">' onload=\"window.broken = 1\" "
      "\xFF";
  RunReport report = sample_report();
  for (std::string* field :
       {&report.request.recipe, &report.request.network, &report.request.data, &report.request.target, &report.request.part,
        &report.provenance.command, &report.provenance.recipe_text, &report.provenance.version, &report.provenance.machine,
        &report.provenance.date, &report.stopped, &report.training.origin.detail, &report.float_accuracy.origin.detail,
        &report.int_accuracy.origin.detail, &report.size.origin.detail, &report.cycles_origin.detail, &report.estimate_origin.detail,
        &report.synthesis.origin.detail, &report.synthesis->bitstream, &report.synthesis->failure, &report.verification.origin.detail,
        &report.verification->first_mismatch, &report.verification->second_simulator})
    *field = hostile;
  for (std::string& name : report.class_names) name += hostile;
  for (Layer& layer : report.layers) layer.name = layer.op = layer.output_shape = hostile;
  for (Resource& resource : report.resources) resource.name = hostile;
  for (UnitActivity& activity : report.verification->timeline) activity.unit += hostile;
  for (auto& [tool, version] : report.provenance.tools) tool = version = hostile;
  (*report.ladder)->rungs[0].name = (*report.ladder)->rungs[1].why_not = (*report.mixed_precision)->layers[0].layer = hostile;
  for (OutputFile& file : report.provenance.files) file.path = file.sha256 = hostile;
  return report;
}

}  // namespace bitloom::report
