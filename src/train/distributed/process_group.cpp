#include "train/distributed/process_group.h"

// The one file that sees c10d, of LibTorch 1.13 (Debian) up to 2.11. Between these the base class of ProcessGroupGloo changed, the types of
// options and NCCL's variables, but none of the calls made here. Gloo's headers are needed to read c10d's; no call goes to Gloo itself.
#if defined(USE_C10D_GLOO) && __has_include(<gloo/context.h>)  // the first comes with the CMake target of a LibTorch that has Gloo
#define BITLOOM_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <c10/util/Logging.h>
#ifdef BITLOOM_NCCL
#ifndef USE_C10D_NCCL
#define USE_C10D_NCCL
#endif
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#endif

#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace bitloom::train {

#ifdef BITLOOM_GLOO
namespace {

using Milliseconds = std::chrono::milliseconds;
using StorePointer = c10::intrusive_ptr<c10d::Store>;

/// Gloo's and c10d's messages go on with stack traces, and begin with a source line: "[../pair.cc:598] Connection closed by peer".
std::string reason(const std::exception& error) {
  std::string text = error.what();
  text = text.substr(0, text.find('\n'));
  if (text.starts_with("[")) text = text.substr(std::min(text.size(), text.find("] ") + 2));
  return text;
}

/// c10d logs what it throws, pages of it, to standard error. TORCH_CPP_LOG_LEVEL, if set, says otherwise.
void silence_c10d() {
  if (getenv("TORCH_CPP_LOG_LEVEL")) return;
#ifdef C10_USE_GLOG
  FLAGS_minloglevel = google::GLOG_FATAL;
#else
  setenv("TORCH_CPP_LOG_LEVEL", "FATAL", /*overwrite=*/0);
  c10::initLogging();
#endif
}

bool is_this_machine(const std::string& address) { return address == "localhost" || address == "::1" || address.starts_with("127."); }

/// Where ranks look each other up. Returns when all of them have come.
StorePointer open_store(const Launch& launch, Milliseconds patience) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(launch.port);
  options.isServer = launch.rank == 0 && !launch.agent_listens;
  options.numWorkers = static_cast<std::size_t>(launch.size);
  options.waitWorkers = false;  // counted below, because torchrun's store counts its own way
  options.timeout = patience;
  const StorePointer tcp = c10::make_intrusive<c10d::TCPStore>(launch.address, options);
  const StorePointer store = c10::make_intrusive<c10d::PrefixStore>(fmt::format("bitloom/{}", launch.attempt), tcp);
  if (store->add("arrived", 1) == launch.size) store->set("all arrived", std::vector<std::uint8_t>{1});
  store->wait({"all arrived"}, patience);
  return store;
}

/// Where Gloo looks up addresses that ranks publish as soon as all have come: one that takes its time now was lost.
class AddressStore : public c10d::PrefixStore {
 public:
  explicit AddressStore(const StorePointer& store) : PrefixStore("gloo", store) {}
  using PrefixStore::wait;
  void wait(const std::vector<std::string>& keys, const Milliseconds& timeout) override { PrefixStore::wait(keys, std::min(timeout, kSoon)); }

 private:
  static constexpr Milliseconds kSoon{20'000};
};

/// The network that Gloo uses: GLOO_SOCKET_IFNAME's, as in PyTorch; loopback for ranks on one machine, whose own name may not resolve;
/// else that of the machine's name.
/// @throws InputError if there is no such network
std::shared_ptr<gloo::transport::Device> open_network(const Launch& launch) {
  const char* interface = getenv("GLOO_SOCKET_IFNAME");
  if (interface && *interface) try {
      return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
    } catch (const std::exception& error) {
      throw InputError("GLOO_SOCKET_IFNAME", fmt::format("'{}' is no network interface with an address ({})", interface, reason(error)),
                       "choose one that `ip address` lists");
    }
  if (is_this_machine(launch.address)) return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  return c10d::ProcessGroupGloo::createDefaultDevice();
}

c10::intrusive_ptr<c10d::ProcessGroupGloo> open_gloo(const StorePointer& store, const std::shared_ptr<gloo::transport::Device>& network,
                                                     const Launch& launch, Milliseconds patience) {
  const auto options = c10d::ProcessGroupGloo::Options::create(patience);
  options->devices.push_back(network);
  options->threads = 1;  // one call at a time
  const StorePointer addresses = c10::make_intrusive<AddressStore>(store);
  return c10::make_intrusive<c10d::ProcessGroupGloo>(addresses, launch.rank, launch.size, options);
}

/// Names the ranks that are gone, with what is left of the connections: the store.
class RollCall {
 public:
  RollCall(const StorePointer& store, int rank, int size) : store_(store), rank_(rank), size_(size) {}

  std::string verdict() {
    try {
      say(present(rank_), "here");
      return rank_ == 0 ? ask() : hear();
    } catch (const std::exception&) {
      return "rank 0 was lost";  // the store ended with it, or it never spoke
    }
  }

 private:
  static constexpr Milliseconds kAnswer{10'000}, kVerdict{20'000}, kGrace{1000}, kPause{50};
  static constexpr const char* kVerdictKey = "verdict";
  static std::string present(int rank) { return fmt::format("present/{}", rank); }
  void say(const std::string& key, const std::string& text) { store_->set(key, std::vector<std::uint8_t>(text.begin(), text.end())); }

  std::vector<std::string> absent_ranks() {
    std::vector<std::string> absent;
    for (int r = 0; r < size_; ++r)
      if (!store_->check({present(r)})) absent.push_back(std::to_string(r));
    return absent;
  }

  /// Rank 0 waits for the others: for a while after all but one have answered, else for long.
  std::string ask() {
    const auto start = std::chrono::steady_clock::now();
    auto fewer_since = start;
    std::vector<std::string> absent = absent_ranks();
    for (auto now = start; !absent.empty() && now - start < kAnswer && (absent.size() > 1 || now - fewer_since < kGrace);
         now = std::chrono::steady_clock::now()) {
      std::this_thread::sleep_for(kPause);
      const std::size_t before = absent.size();
      absent = absent_ranks();
      if (absent.size() < before) fewer_since = std::chrono::steady_clock::now();
    }
    const std::string found = absent.empty()       ? "the connection between the ranks broke"
                              : absent.size() == 1 ? fmt::format("rank {} was lost", absent.front())
                                                   : fmt::format("ranks {} were lost", join(absent, ", "));
    say(kVerdictKey, found);
    if (static_cast<int>(absent.size()) + 1 < size_) std::this_thread::sleep_for(kGrace);  // the store lives as long as this process
    return found;
  }

  std::string hear() {
    store_->wait({kVerdictKey}, kVerdict);
    const std::vector<std::uint8_t> text = store_->get(kVerdictKey);
    return {text.begin(), text.end()};
  }

  StorePointer store_;
  int rank_, size_;
};

class GlooGroup : public ProcessGroup {
 public:
  GlooGroup(const Launch& launch, Milliseconds patience, const Device& device)
      : ProcessGroup(launch.rank, launch.size), store_(open_store(launch, patience)) {
    const auto network = open_network(launch);
    try {
      gloo_ = open_gloo(store_, network, launch, patience);
    } catch (const std::exception& error) {
      fail(reason(error));
    }
#ifdef BITLOOM_NCCL
    if (device.is_cuda) open_nccl(device, patience);
#else
    (void)device;
#endif
  }

  void all_reduce_sum(std::span<float> values) override {
#ifdef BITLOOM_NCCL
    if (nccl_) return sum_on_gpu(values);
#endif
    sum(values.data(), values.size(), at::kFloat);
  }
  void all_reduce_sum(std::span<double> values) override { sum(values.data(), values.size(), at::kDouble); }
  void all_reduce_sum(std::span<std::int64_t> values) override { sum(values.data(), values.size(), at::kLong); }

  void broadcast(std::string& bytes, int from) override {
    auto length = static_cast<std::int64_t>(bytes.size());
    broadcast(&length, 1, at::kLong, from);
    bytes.resize(static_cast<std::size_t>(length));
    broadcast(bytes.data(), length, at::kByte, from);
  }

  void barrier() override {
    complete([&] { return gloo_->barrier(); });
  }

 private:
  static at::Tensor view(void* memory, std::int64_t count, at::ScalarType type) { return at::from_blob(memory, {count}, type); }

  void sum(void* memory, std::size_t count, at::ScalarType type) {
    if (count == 0) return;
    std::vector<at::Tensor> tensors{view(memory, static_cast<std::int64_t>(count), type)};
    complete([&] { return gloo_->allreduce(tensors); });
  }

  void broadcast(void* memory, std::int64_t count, at::ScalarType type, int from) {
    if (count == 0) return;
    std::vector<at::Tensor> tensors{view(memory, count, type)};
    c10d::BroadcastOptions options;
    options.rootRank = from;
    complete([&] { return gloo_->broadcast(tensors, options); });
  }

  template <class Start>
  void complete(Start start) {
    if (!gloo_) throw CheckError("", "the connection between the ranks broke earlier", kAgain);
    try {
      start()->wait();
    } catch (const std::exception& error) {
      fail(reason(error));
    }
  }

  [[noreturn]] void fail(const std::string& why) {
#ifdef BITLOOM_NCCL
    nccl_.reset();
#endif
    gloo_.reset();  // closes this rank's connections, so that those who wait for it notice, too
    const std::string verdict = RollCall(store_, rank(), size()).verdict();
    throw CheckError("", fmt::format("{} ({})", verdict, why), kAgain);
  }

#ifdef BITLOOM_NCCL
  /// Floats travel from GPU to GPU; all else is small and takes Gloo, which also notices a lost rank at once.
  void open_nccl(const Device& device, Milliseconds patience) {
    // wait() is to return when the sum is there, and to throw after `patience`; the variable was renamed in 2.2.
    for (const char* name : {"NCCL_BLOCKING_WAIT", "TORCH_NCCL_BLOCKING_WAIT"}) setenv(name, "1", /*overwrite=*/0);
    device_ = at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device.index));
    const auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = patience;
    const StorePointer prefixed = c10::make_intrusive<c10d::PrefixStore>("nccl", store_);
    nccl_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(prefixed, rank(), size(), options);
  }

  void sum_on_gpu(std::span<float> values) {
    if (values.empty()) return;
    const at::Tensor host = view(values.data(), static_cast<std::int64_t>(values.size()), at::kFloat);
    std::vector<at::Tensor> tensors{host.to(device_)};
    complete([&] { return nccl_->allreduce(tensors); });
    host.copy_(tensors.front());
  }

  at::Device device_{at::kCPU};
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> nccl_;
#endif
  static constexpr const char* kAgain = "start all processes again with the same command: they go on from the last checkpoint";
  StorePointer store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo_;
};

}  // namespace

std::unique_ptr<ProcessGroup> join_process_group(const Launch& launch, double patience, const Device& device) {
  silence_c10d();
  signal(SIGPIPE, SIG_IGN);  // writing to a rank that is gone is an error to report, not the end of this one
  try {
    return std::make_unique<GlooGroup>(launch, Milliseconds(static_cast<std::int64_t>(1000 * patience)), device);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw InputError(fmt::format("{}:{}", launch.address, launch.port),
                     fmt::format("rank {} did not meet the other {} there within {:g} s ({})", launch.rank, launch.size - 1, patience,
                                 reason(error)),
                     "start all WORLD_SIZE processes with the same MASTER_ADDR and a free MASTER_PORT");
  }
}

#else

std::unique_ptr<ProcessGroup> join_process_group(const Launch& launch, double, const Device&) {
  throw InputError(fmt::format("WORLD_SIZE = {}", launch.size), "this build of bitloom trains in one process only",
                   "install libgloo-dev (or Gloo's headers as LibTorch was built with) and build it again");
}

#endif

}  // namespace bitloom::train
