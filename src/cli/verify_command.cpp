#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/random.h"
#include "cli/command_line.h"
#include "cli/data_options.h"
#include "cli/images.h"
#include "fpga/eda/verify.h"
#include "onnx/onnx.h"

namespace bitloom::cli {
namespace {

struct VerifyCommandOptions {
  std::filesystem::path design;
  DataOptions data;
  int images = 20;
  fpga::VerifyOptions verify;
  bool json = false;
};

void verify_command(const VerifyCommandOptions& o) {
  Graph model = read_onnx(o.design / "model.onnx");
  const Images images = o.data.set.empty() ? noise_images(model, o.images, o.verify.seed) : read_images(*o.data.open(model, "test"), o.images);
  const fpga::VerifyResult result = fpga::verify_design(o.design, images, o.verify);
  if (o.json) print_json(nlohmann::json::parse(fpga::to_json(result)));
  say(fmt::format("{}: {} images, {} differing outputs; latency {} cycles, {:.1f} cycles/image (simulated; {} Icarus images, {} differing)",
                  o.design.string(), result.images, result.mismatches, result.latency_cycles, result.cycles_per_image, result.icarus_images,
                  result.icarus_mismatches));
  fpga::require_passed(result, o.design);
}

}  // namespace

void register_verify(CLI::App& app) {
  const auto options = std::make_shared<VerifyCommandOptions>();
  CLI::App* command = app.add_subcommand("verify", "Simulate a design and compare every output with the reference, bit for bit");
  command->add_option("DIR", options->design, "Folder that `bitloom compile` wrote")->required();
  options->data.add_to(*command, false);
  command->add_option("--images", options->images, "Images to compare; noise when no --data is given")->check(CLI::PositiveNumber);
  command->add_option("--icarus-images", options->verify.icarus_images, "Of these, images for Icarus Verilog as a second opinion")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--stall", options->verify.stall, "Probability that either end stalls in a cycle")->check(CLI::Range(0.0, 0.95));
  command->add_option("--seed", options->verify.seed, "Of the stalls, and of the noise");
  command->add_flag("--json", options->json, "Print one JSON object on standard output");
  command->callback([options] { verify_command(*options); });
}

}  // namespace bitloom::cli
