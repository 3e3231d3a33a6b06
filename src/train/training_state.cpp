#include "train/training_state.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace bitloom::train {
namespace {

using Json = nlohmann::ordered_json;

/// A checkpoint: this line; a line of JSON; the arrays of floats that it gives the lengths of, one after the other; and the CRC-32 of
/// all that, four bytes, in the machine's byte order as the floats are.
constexpr std::string_view kFirstLine = "bitloom checkpoint 4\n";
constexpr std::size_t kFixedArrays = 6;  ///< of for_arrays, before the optimizer's
constexpr const char* kBeginFrom = "begin from a run of the same network and quantization";

Json to_json(const EpochMetrics& m) {
  return {{"epoch", m.epoch},
          {"train_loss", m.train_loss},
          {"train_top1", m.train_top1},
          {"validation_loss", m.validation_loss},
          {"validation_top1", m.validation_top1},
          {"seconds", m.seconds},
          {"images_per_s", m.images_per_s},
          {"learning_rate", m.learning_rate},
          {"finished_at", m.finished_at},
          {"loading_seconds", m.loading_seconds}};
}

EpochMetrics metrics_from(const Json& j) {
  return {j.at("epoch"),           j.at("train_loss"), j.at("train_top1"),   j.at("validation_loss"),
          j.at("validation_top1"), j.at("seconds"),    j.at("images_per_s"), j.at("learning_rate"),
          j.at("finished_at"),     j.at("loading_seconds")};
}

/// Calls use(array) for every array of a state, in the file's order. `State` is const or not.
template <class State, class Use>
void for_arrays(State& state, Use use) {
  use(state.weights.trainable);
  use(state.weights.statistics);
  use(state.best.trainable);
  use(state.best.statistics);
  use(state.average);
  use(state.quantized);
  for (auto& moment : state.optimizer.moments) use(moment);
}

std::uint32_t crc(std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string differences(const Fingerprint& theirs, const Fingerprint& ours) {
  std::vector<std::string> differences;
  for (const auto& [name, value] : ours)
    if (const auto found = theirs.find(name); found == theirs.end() || found->second != value)
      differences.push_back(fmt::format("{} was {}, is {}", name, found == theirs.end() ? "not there" : found->second, value));
  return join(differences, ", ");
}

struct Checkpoint {
  Fingerprint fingerprint;
  TrainingState state;
};

/// Takes apart what to_checkpoint put together: the checksum has been found right.
Checkpoint parse(std::string_view bytes) {
  bytes.remove_prefix(kFirstLine.size());
  const std::size_t header_end = bytes.find('\n');
  const Json header = Json::parse(bytes.substr(0, header_end));

  TrainingState state;
  state.step = header.at("step");
  for (const Json& line : header.at("metrics")) state.metrics.push_back(metrics_from(line));
  state.epoch_loss = {header.at("epoch_loss"), header.at("epoch_correct")};
  state.epoch_images = header.at("epoch_images");
  state.epoch_seconds = header.at("epoch_seconds");
  state.epoch_loading_seconds = header.at("epoch_loading_seconds");
  state.best_epoch = header.at("best_epoch");
  state.optimizer.steps = header.at("optimizer_steps");
  const std::vector<std::size_t> lengths = header.at("lengths");
  state.optimizer.moments.resize(lengths.size() - kFixedArrays);

  bytes.remove_prefix(header_end + 1);
  std::size_t next = 0;
  for_arrays(state, [&](std::vector<float>& array) {
    array.resize(lengths.at(next++));
    if (array.empty()) return;  // has no address to copy to
    std::memcpy(array.data(), bytes.data(), array.size() * sizeof(float));
    bytes.remove_prefix(array.size() * sizeof(float));
  });
  return {header.at("fingerprint"), std::move(state)};
}

Checkpoint read_checkpoint(const std::string& where, std::string_view bytes, const char* fix) {
  if (!bytes.starts_with("bitloom checkpoint ")) throw InputError(where, "is no checkpoint of bitloom", fix);
  if (!bytes.starts_with(kFirstLine)) throw InputError(where, "was written by another version of bitloom", fix);
  std::uint32_t sum = 0;
  const std::string_view content = bytes.substr(0, bytes.size() - sizeof sum);
  std::memcpy(&sum, bytes.data() + content.size(), sizeof sum);
  if (sum != crc(content)) throw InputError(where, "is damaged: its checksum is wrong", fix);
  return parse(content);
}

}  // namespace

std::string to_json_lines(const std::vector<EpochMetrics>& metrics) {
  std::string lines;
  for (const EpochMetrics& m : metrics) lines += to_json(m).dump() + "\n";
  return lines;
}

std::string to_checkpoint(const Fingerprint& fingerprint, const TrainingState& state) {
  Json metrics = Json::array();
  for (const EpochMetrics& m : state.metrics) metrics.push_back(to_json(m));
  std::vector<std::size_t> lengths;
  for_arrays(state, [&](const std::vector<float>& array) { lengths.push_back(array.size()); });
  const Json header{{"fingerprint", fingerprint},
                    {"step", state.step},
                    {"metrics", metrics},
                    {"epoch_loss", state.epoch_loss.sum},
                    {"epoch_correct", state.epoch_loss.correct},
                    {"epoch_images", state.epoch_images},
                    {"epoch_seconds", state.epoch_seconds},
                    {"epoch_loading_seconds", state.epoch_loading_seconds},
                    {"best_epoch", state.best_epoch},
                    {"optimizer_steps", state.optimizer.steps},
                    {"lengths", lengths}};
  std::string bytes = std::string(kFirstLine) + header.dump() + "\n";
  for_arrays(state, [&](const std::vector<float>& array) {
    bytes.append(reinterpret_cast<const char*>(array.data()), array.size() * sizeof(float));
  });
  const std::uint32_t sum = crc(bytes);
  bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  return bytes;
}

TrainingState from_checkpoint(const std::string& where, std::string_view bytes, const Fingerprint& fingerprint, const char* start_over) {
  Checkpoint checkpoint = read_checkpoint(where, bytes, start_over);
  if (const std::string different = differences(checkpoint.fingerprint, fingerprint); !different.empty())
    throw InputError(where, "belongs to another training: " + different, std::string("go on as it was begun, or ") + start_over);
  return std::move(checkpoint.state);
}

EarlierTraining earlier_training(const std::string& where, std::string_view bytes) {
  Checkpoint checkpoint = read_checkpoint(where, bytes, kBeginFrom);
  if (checkpoint.state.best_epoch == 0) throw InputError(where, "has not finished an epoch", "let that training go on first");
  return {std::move(checkpoint.state.best), std::move(checkpoint.fingerprint)};
}

void require_same(const std::string& where, const EarlierTraining& earlier, const Fingerprint& same) {
  if (const std::string different = differences(earlier.fingerprint, same); !different.empty())
    throw InputError(where, "cannot be begun from: " + different, kBeginFrom);
}

}  // namespace bitloom::train
