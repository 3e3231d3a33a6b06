#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace bitloom::onnx_format {

/// Whether a tensor's elements lie in a file beside the model.
bool is_external(const onnx::TensorProto& proto);

/// The files beside a model that hold elements of its tensors (ONNX's external data: location, offset, length). Only files in the model's
/// folder and below it are opened, whatever links lead to; their checksums are not looked at.
class ExternalData {
 public:
  explicit ExternalData(std::filesystem::path model_folder) : folder_(std::move(model_folder)) {}

  /// `proto` with its elements as raw_data. Read, not mapped: they are copied into a tensor at once, whose place in a file need not suit
  /// their type, and so only one tensor's bytes are in memory beside the tensors themselves.
  /// @throws InputError naming `where` and the file that is missing, too short or elsewhere, or of which more is asked than it holds
  onnx::TensorProto embedded(const onnx::TensorProto& proto, const std::string& where);

 private:
  const std::filesystem::path folder_;
  std::map<std::filesystem::path, std::int64_t> taken_;  ///< bytes, by all tensors so far
};

}  // namespace bitloom::onnx_format
