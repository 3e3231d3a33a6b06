#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"
#include "zoo/zoo.h"

namespace bitloom::zoo {

struct ConvOptions {
  int stride = 1, pad = 0;
  bool bias = true;  ///< false where a BatchNorm follows, whose beta is the bias
  int groups = 1;    ///< kDepthwise: one a channel
};
inline constexpr int kDepthwise = 0;

struct PoolOptions {
  int stride = 0;  ///< 0: the pool's size
  int pad = 0;
  bool round_up = false;  ///< also a window that hangs over the border at the bottom or on the right
};

/// What comes after a layer with weights; it decides how large they start (see zoo.h).
enum class Next { kRelu, kOther };

/// Appends one layer after the other to a graph, each with its initial parameters, named "conv1", "conv1.weight", "conv1.bias". Where a
/// network branches: `last()` before, `go_on_from()` for the second branch, then `add` or `concat`.
class Builder {
 public:
  Builder(const std::string& network, const NetworkOptions& options);

  Builder& conv(const std::string& name, int channels, int kernel, Next next, ConvOptions options = {});
  Builder& fully_connected(const std::string& name, int outputs, Next next);
  Builder& batch_norm(const std::string& name, float epsilon = 1e-5f);
  Builder& layer_norm(const std::string& name);              ///< over the channels of each pixel, or the features of a vector
  Builder& scale(const std::string& name, float start);      ///< each channel times a parameter
  Builder& relu(const std::string& name);
  Builder& relu6(const std::string& name);
  Builder& tanh(const std::string& name);
  Builder& sigmoid(const std::string& name);
  Builder& swish(const std::string& name);                   ///< x * sigmoid(x)
  Builder& gelu(const std::string& name);
  Builder& max_pool(const std::string& name, int size, PoolOptions options = {});  ///< a rest at the border is dropped
  Builder& average_pool(const std::string& name, int size);                        ///< likewise
  Builder& global_average_pool(const std::string& name);     ///< one value per channel
  Builder& flatten();

  Value* last() const { return last_; }
  std::int64_t channels() const { return last_->shape()[1]; }
  Builder& go_on_from(Value* value);
  Builder& add(const std::string& name, Value* other);
  Builder& multiply(const std::string& name, Value* other);  ///< broadcast: a map by the gates of its channels
  Builder& concat(const std::string& name, const std::vector<Value*>& before);  ///< their channels, then the last layer's
  /// Every `step`th pixel of every `step`th row, with channels of zeros before and after: the shortcut without parameters of
  /// arXiv:1512.03385, section 3.3 (A).
  Builder& subsample(const std::string& name, int step, int channels_before, int channels_after);

  /// The finished network; the last layer's output is its output.
  Graph finish();

 private:
  Value* weights(const std::string& name, Shape shape, Next next);
  Value* filled(const std::string& name, Shape shape, float value);
  template <class T>
  Builder& then(const std::string& name, T op, std::vector<Value*> more = {});

  Graph graph_;
  Value* last_;
  std::uint64_t seed_;
  bool random_weights_;
  std::uint64_t weight_tensors_ = 0;
};

}  // namespace bitloom::zoo
