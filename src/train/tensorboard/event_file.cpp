#include "train/tensorboard/event_file.h"

#include <array>
#include <bit>

#include "event.pb.h"

namespace bitloom::train {
namespace {

constexpr std::array<std::uint32_t, 256> crc_table() {
  constexpr std::uint32_t kReversedPolynomial = 0x82F63B78;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ (rest & 1 ? kReversedPolynomial : 0);
    table[byte] = rest;
  }
  return table;
}

template <class Number>
std::string little_endian(Number number) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof number; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFF);
  return bytes;
}

void append(std::string& file, const tensorboard::Event& event) {
  const std::string data = event.SerializeAsString(), length = little_endian(std::uint64_t{data.size()});
  file += length + little_endian(masked(crc32c(length))) + data + little_endian(masked(crc32c(data)));
}

void add(tensorboard::Event& event, const char* tag, double value) {
  tensorboard::Summary::Value& point = *event.mutable_summary()->add_value();
  point.set_tag(tag);
  point.set_simple_value(static_cast<float>(value));
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr auto kTable = crc_table();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) crc = crc >> 8 ^ kTable[(crc ^ static_cast<std::uint8_t>(byte)) & 0xFF];
  return ~crc;
}

std::uint32_t masked(std::uint32_t checksum) { return std::rotr(checksum, 15) + 0xA282EAD8; }

std::string to_event_file(const std::vector<EpochMetrics>& metrics) {
  std::string file;
  tensorboard::Event version;
  version.set_wall_time(metrics.empty() ? 0 : metrics.front().finished_at);
  version.set_file_version("brain.Event:2");
  append(file, version);
  for (const EpochMetrics& m : metrics) {
    tensorboard::Event event;
    event.set_wall_time(m.finished_at);
    event.set_step(m.epoch);
    add(event, "loss/train", m.train_loss);
    add(event, "loss/validation", m.validation_loss);
    add(event, "top1/train", m.train_top1);
    add(event, "top1/validation", m.validation_top1);
    add(event, "learning_rate", m.learning_rate);
    add(event, "images_per_s", m.images_per_s);
    append(file, event);
  }
  return file;
}

}  // namespace bitloom::train
