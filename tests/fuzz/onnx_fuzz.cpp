// libFuzzer target: any bytes, opened as a model and looked at the way `bitloom inspect` does it, end in a graph or in one line.
#include <google/protobuf/arena.h>

#include <cstdlib>

#include "base/error.h"
#include "base/random.h"
#include "mutate_model.h"
#include "ir/ops/quantization.h"
#include "onnx/bytes.h"
#include "passes/fold/fold_batch_norm.h"
#include "passes/lower/integer_form.h"
#include "passes/lower/lower.h"
#include "passes/pipeline.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t capacity);

namespace {

using namespace bitloom;

void open_model(const std::string& bytes) {
  ReadOnnxOptions options;
  options.folding_steps = 0x1p18;  // the bound itself is tested elsewhere; ten million models are not waited for
  Notes notes;
  const Graph graph = run_pipeline(onnx_format::from_bytes(bytes, "nowhere/fuzz.onnx", options), cleaning(), notes);
  if (to_text(graph).empty() || graph.parameters() < 0 || graph.macs() < 0) std::abort();
  Graph folded = graph.clone();
  fold_batch_norm(folded);
  nodes_without_integer_form(folded);
  if (!graph.nodes_of<Quantize>().empty()) lower(graph);
}

/// For mutation: in an arena, which makes and frees a model's many small messages in a third of the time.
struct ParsedModel {
  google::protobuf::Arena arena;
  onnx::ModelProto& model = *google::protobuf::Arena::CreateMessage<onnx::ModelProto>(&arena);

  bool parse(const std::uint8_t* data, std::size_t size) { return model.ParseFromArray(data, static_cast<int>(size)) && model.has_graph(); }
};

/// The model as bytes in `data`; 0 when it needs more than `capacity`.
std::size_t store(const onnx::ModelProto& model, std::uint8_t* data, std::size_t capacity) {
  const std::size_t size = model.ByteSizeLong();
  return size <= capacity && model.SerializeToArray(data, static_cast<int>(size)) ? size : 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    open_model({reinterpret_cast<const char*>(data), size});
  } catch (const bitloom::Error& error) {
    if (std::string_view(error.what()).find('\n') != std::string_view::npos) std::abort();
  }
  return 0;
}

/// One in eight changes bytes, as damage does; the others change what a model says.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t capacity, unsigned seed) {
  RandomStream random({seed});
  ParsedModel parsed;
  if (random.below(8) != 0 && parsed.parse(data, size)) {
    for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes) fuzz::mutate(parsed.model, random);
    if (const std::size_t stored = store(parsed.model, data, capacity)) return stored;
  }
  return LLVMFuzzerMutate(data, size, capacity);
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size, const std::uint8_t* second,
                                                 std::size_t second_size, std::uint8_t* out, std::size_t capacity, unsigned seed) {
  RandomStream random({seed});
  ParsedModel model, other;
  if (!model.parse(first, first_size) || !other.parse(second, second_size)) return 0;
  for (std::uint64_t nodes = 1 + random.below(3); nodes > 0; --nodes) fuzz::take_node(model.model, other.model, random);
  return store(model.model, out, capacity);
}
