#include "zoo/zoo.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "zoo/networks/networks.h"

namespace bitloom::zoo {
namespace {

std::vector<Network> all_networks() {
  std::vector<Network> all;
  for (const auto& family : {small_networks(), perceptrons(), plain_networks(), residual_networks(), dense_networks(), mobile_networks(),
                             convnext_networks()})
    all.insert(all.end(), family.begin(), family.end());
  std::ranges::sort(all, {}, &Network::name);
  return all;
}

}  // namespace

Graph build(const std::string& name, const NetworkOptions& options) {
  const std::vector<Network> all = all_networks();
  const auto network = std::ranges::find(all, name, &Network::name);
  if (network == all.end()) throw InputError("", "unknown network '" + name + "'", suggest(name, names()));
  if (options.width_multiplier != 1 && !network->has_width)
    throw InputError(name, "has no width multiplier", "choose mobilenetv1 or mobilenetv2, or leave out network.width_multiplier");
  Builder builder(name, options);
  network->build(builder, options, name);
  return builder.finish();
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const Network& network : all_networks()) names.push_back(network.name);
  return names;
}

}  // namespace bitloom::zoo
