#include "eval/open_network.h"

#include "onnx/onnx.h"
#include "passes/pipeline.h"

namespace bitloom {

Graph open_network(const std::filesystem::path& path) {
  Notes notes;
  return run_pipeline(read_onnx(path), cleaning(), notes);
}

}  // namespace bitloom
