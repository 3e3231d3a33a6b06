#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "engine/engine.h"

namespace bitloom {

/// Workspaces for as many threads as ask at the same time.
class WorkspacePool {
 public:
  explicit WorkspacePool(const engine::Engine& engine) : engine_(engine) {}

  std::shared_ptr<engine::Engine::Workspace> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_shared<engine::Engine::Workspace>(engine_);
    auto workspace = std::move(free_.back());
    free_.pop_back();
    return workspace;
  }
  void give_back(std::shared_ptr<engine::Engine::Workspace> workspace) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(workspace));
  }

 private:
  const engine::Engine& engine_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<engine::Engine::Workspace>> free_;
};

}  // namespace bitloom
