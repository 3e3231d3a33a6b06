#include "train/run_folder.h"

namespace bitloom::train {
namespace fs = std::filesystem;

RunFolder::RunFolder(fs::path root) : root_(std::move(root)) {
  make_directories(root_ / "train");
  make_directories(root_ / "models");
  lock_.emplace(root_, "another training is at work in this folder", "wait for it, or choose another --out");
  for (const fs::path& target : {checkpoint(), metrics(), events(), model(), quantized_model()}) remove_leftovers(target);
}

}  // namespace bitloom::train
