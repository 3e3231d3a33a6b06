#include "train/distributed/launch.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "base/error.h"

namespace bitloom::train {
namespace {

using Variable = std::function<const char*(const char*)>;
constexpr int kMostProcesses = 65'536, kMostPorts = 65'535;
constexpr const char* kAllFour = "set RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as torchrun does, or none of them";

std::string required(const Variable& variable, const char* name) {
  const char* text = variable(name);
  if (!text || !*text) throw InputError(name, "is not set, though others of its kind are", kAllFour);
  return text;
}

int number(const char* name, std::string_view text, int low, int high) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high)
    throw InputError(name, fmt::format("'{}' is no integer from {} to {}", text, low, high), kAllFour);
  return value;
}

int number_or(const Variable& variable, const char* name, int absent, int low, int high) {
  const char* text = variable(name);
  return text && *text ? number(name, text, low, high) : absent;
}

}  // namespace

Launch read_launch(const Variable& variable) {
  if (!variable("RANK") && !variable("WORLD_SIZE")) return {};
  Launch launch;
  launch.size = number("WORLD_SIZE", required(variable, "WORLD_SIZE"), 1, kMostProcesses);
  launch.rank = number("RANK", required(variable, "RANK"), 0, launch.size - 1);
  launch.local_rank = number_or(variable, "LOCAL_RANK", 0, 0, launch.size - 1);
  launch.local_size = number_or(variable, "LOCAL_WORLD_SIZE", 1, 1, launch.size);
  if (launch.size == 1) return launch;
  launch.address = required(variable, "MASTER_ADDR");
  launch.port = number("MASTER_PORT", required(variable, "MASTER_PORT"), 1, kMostPorts);
  const char* agent = variable("TORCHELASTIC_USE_AGENT_STORE");
  launch.agent_listens = agent && std::string_view(agent) == "True";
  launch.attempt = number_or(variable, "TORCHELASTIC_RESTART_COUNT", 0, 0, 1'000'000);
  return launch;
}

}  // namespace bitloom::train
