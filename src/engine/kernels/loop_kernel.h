#pragma once

#include <string_view>
#include <utility>

#include "engine/kernel.h"

namespace bitloom::engine {

/// A kernel that is one loop: `Loop` is called with the operands.
template <class Loop>
class LoopKernel final : public Kernel {
 public:
  LoopKernel(std::string_view name, Loop loop) : name_(name), loop_(std::move(loop)) {}
  std::string_view name() const override { return name_; }
  void run(const Operands& operands) const override { loop_(operands); }

 private:
  std::string_view name_;
  Loop loop_;
};

template <class Loop>
std::unique_ptr<Kernel> loop_kernel(std::string_view name, Loop loop) {
  return std::make_unique<LoopKernel<Loop>>(name, std::move(loop));
}

}  // namespace bitloom::engine
