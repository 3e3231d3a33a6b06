#pragma once

#include <filesystem>
#include <optional>

#include "base/file.h"
#include <utility>

namespace bitloom::train {

/// The part of a run folder that training writes (docs/architecture.md), held for this process alone while the object lives; or no more
/// than the names in it, for a rank whose rank 0 holds it.
class RunFolder {
 public:
  /// Makes the folder where it is missing, and clears away the temporary files of a process that was killed while it wrote.
  /// @throws InputError if it cannot be written, or another bitloom-train is at work in it
  explicit RunFolder(std::filesystem::path root);
  static RunFolder names_only(std::filesystem::path root) { return RunFolder(std::move(root), NamesOnly{}); }
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  std::filesystem::path checkpoint() const { return root_ / "train" / "checkpoint"; }
  std::filesystem::path metrics() const { return root_ / "train" / "metrics.jsonl"; }
  std::filesystem::path events() const { return root_ / "train" / "events.out.tfevents.0.bitloom"; }  ///< named as TensorBoard looks for
  std::filesystem::path model() const { return root_ / "models" / "float.onnx"; }
  std::filesystem::path quantized_model() const { return root_ / "models" / "quantized.onnx"; }  ///< of training through quantization

 private:
  struct NamesOnly {};
  RunFolder(std::filesystem::path root, NamesOnly) : root_(std::move(root)) {}

  std::filesystem::path root_;
  std::optional<FolderLock> lock_;
};

}  // namespace bitloom::train
