#include "train/trainer.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/text.h"
#include "base/version.h"
#include "ir/ops/check.h"
#include "ir/ops/integer_product.h"
#include "ir/ops/quantization.h"
#include "ir/ops/softmax.h"
#include "recipe/keys.h"
#include "train/backend.h"
#include "train/frozen.h"
#include "train/live_view.h"
#include "train/schedule.h"
#include "train/tensorboard/event_file.h"

namespace bitloom::train {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint64_t kBatchOrderStream = 0xBA7C4;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double percent(std::int64_t part, std::int64_t whole) { return 100.0 * static_cast<double>(part) / static_cast<double>(whole); }

std::string digest_of(std::span<const float> values) {
  return fmt::format("{:08x}", crc32_z(0, reinterpret_cast<const Bytef*>(values.data()), values.size_bytes()));
}

/// The value before Quantize and Dequantize.
const Value& unquantized(const Value& value) {
  const Node* node = value.producer();
  return node && (node->is<Quantize>() || node->is<Dequantize>()) ? unquantized(*node->input(0)) : value;
}

/// @throws InputError for parameters that training would leave as they are: integers, or what is computed of them
void check_trains(const Node& node) {
  constexpr const char* kFix = "train the float network, or one whose weights stand directly behind a DequantizeLinear or Quant";
  if (node.is<MatMulInteger>() || node.is<ConvInteger>())
    throw InputError(node.where(), "multiplies integers as they are, through which nothing trains", kFix);
  for (std::size_t i = 0; i < node.inputs().size(); ++i) {
    const Value* value = node.inputs()[i];
    if (!value || node.op().operands()[i].role != OperandRole::kParameter || ops::changes_with_the_image(*value)) continue;
    const Value& source = unquantized(*value);
    if (!source.is_constant() || !source.type().element.is_float)
      throw InputError(node.where(), fmt::format("its parameter '{}' is made of integers, which do not train", value->name()), kFix);
  }
}

/// @throws InputError where bfloat16's 8 bits of precision would blur what quantizers made
void check_precision(const Graph& graph, const Recipe::Train& options) {
  if (precision_of(options.precision) == Precision::kFloat32) return;
  if (!graph.nodes_of<Quantize>().empty())
    throw InputError("'precision' in 'train'", "bfloat16 would round the values that the network's quantizers choose", "set it to float32");
  if (!has_bfloat16_arithmetic())
    std::fputs("note: this processor has no bfloat16 arithmetic; train.precision float32 is quicker here\n", stderr);
}

/// Neighbours that decay alike, joined.
std::vector<ParameterGroup> parameter_groups(const Parameters& parameters, const Recipe::Train& options) {
  std::vector<ParameterGroup> groups;
  for (const Parameters::Slice& slice : parameters.slices()) {
    if (slice.role != OperandRole::kParameter) continue;
    const auto begin = static_cast<std::size_t>(slice.offset), end = begin + static_cast<std::size_t>(slice.count);
    const bool decays = options.decay_all || slice.value->shape().rank() > 1;
    const float decay = decays ? static_cast<float>(options.weight_decay) : 0;
    if (!groups.empty() && groups.back().weight_decay == decay)
      groups.back().end = end;
    else
      groups.push_back({begin, end, decay});
  }
  return groups;
}

/// Every key of a recipe's section that decides what is learnt.
void add_section(Fingerprint& fingerprint, std::string_view section, const Recipe& recipe) {
  for (const std::string& name : recipe::key_names(section))
    if (name != "threads") fingerprint[fmt::format("{}.{}", section, name)] = recipe::scalar_text(recipe::find_key(section, name)->value, recipe);
}

std::vector<double> each(const std::vector<EpochMetrics>& metrics, double EpochMetrics::*member) {
  std::vector<double> values;
  for (const EpochMetrics& m : metrics) values.push_back(m.*member);
  return values;
}

}  // namespace

BatchOrder::BatchOrder(std::int64_t images, std::int64_t batch, std::uint64_t seed)
    : images_(images), batch_(std::min(batch, images)), steps_((images + batch_ - 1) / batch_), seed_(seed) {
  if (steps_ > 1 && batch_ > 1 && images_ % batch_ == 1) --steps_;
}

std::int64_t BatchOrder::largest_batch() const { return std::max(batch_, images_ - (steps_ - 1) * batch_); }

std::span<const std::uint32_t> BatchOrder::batch(std::int64_t epoch, std::int64_t step) {
  if (epoch != epoch_) {
    RandomStream random({seed_, kBatchOrderStream, static_cast<std::uint64_t>(epoch)});
    order_ = random_permutation(static_cast<std::uint32_t>(images_), random);
    epoch_ = epoch;
  }
  const std::int64_t first = step * batch_, end = step + 1 == steps_ ? images_ : first + batch_;
  return std::span(order_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first));
}

Graph training_graph(const Graph& graph) {
  if (graph.inputs().size() != 1 || graph.outputs().size() != 1)
    throw InputError(graph.name(), fmt::format("{} inputs and {} outputs", graph.inputs().size(), graph.outputs().size()),
                     "training takes networks from one image to one row of classes");
  Graph result = graph.clone();
  const Node* last = result.outputs().front()->producer();
  if (last && last->is<Softmax>()) {
    result.set_outputs({last->input(0)});
    result.erase_dead_nodes();
  }
  for (const Node* node : result.nodes()) check_trains(*node);
  if (Parameters(result).trainable.empty())
    throw InputError(graph.name(), "no parameters to train", "give it a Conv or Gemm with constant weights");
  return result;
}

void check_data(const TrainingData& data, const std::string& set) {
  if (data.train.size() == 0) throw InputError(set, "no training images");
  if (data.validation.size() == 0)
    throw InputError(set, "no validation images, which choose the best epoch", "raise data.validation or add images");
}

Trainer::Trainer(const Graph& graph, TrainingData data, TrainerOptions options, const RunFolder& folder)
    : graph_(training_graph(graph)),
      data_(std::move(data)),
      options_(std::move(options)),
      folder_(folder),
      threads_(options_.recipe.train.threads > 0 ? options_.recipe.train.threads : default_threads()),
      parameters_(graph_, frozen_nodes(graph_, options_.recipe.network.freeze)),
      order_(data_.train.size(), options_.recipe.train.batch, options_.recipe.seed),
      runner_(graph_, parameters_, order_.largest_batch(), threads_, precision_of(options_.recipe.train.precision)),
      augmentation_(options_.recipe.augment, options_.recipe.seed, data_.train.shape),
      optimizer_(make_optimizer(options_.recipe.train, parameter_groups(parameters_, options_.recipe.train), threads_)),
      gradient_(parameters_.trainable.size()) {
  check_precision(graph_, options_.recipe.train);
  start_or_resume();
}

/// The number of threads counts only where operators split their sums among them.
Fingerprint Trainer::fingerprint() const {
  const Recipe& recipe = options_.recipe;
  Fingerprint result{{"bitloom", version()},
                     {"backend", backend_description()},
                     {"threads", couples_images(graph_, parameters_) ? std::to_string(threads_) : "any"},
                     {"network", graph_.name()},
                     {"initial weights", digest_of(parameters_.trainable)},
                     {"training images", fmt::format("{:08x}", digest(data_.train))},
                     {"validation images", fmt::format("{:08x}", digest(data_.validation))},
                     {"network.freeze", recipe.network.freeze},
                     {"seed", std::to_string(recipe.seed)}};
  add_section(result, "augment", recipe);
  add_section(result, "train", recipe);
  return result;
}

void Trainer::start_or_resume() {
  fingerprint_ = fingerprint();
  if (std::filesystem::exists(folder_.checkpoint())) {
    state_ = from_checkpoint(folder_.checkpoint().string(), read_file(folder_.checkpoint()), fingerprint_);
    // In place: the executors' tensors lie in these arrays.
    std::ranges::copy(state_.weights.trainable, parameters_.trainable.begin());
    std::ranges::copy(state_.weights.statistics, parameters_.statistics.begin());
    optimizer_->state = state_.optimizer;
  } else {
    if (options_.recipe.train.average > 0) state_.average = parameters_.trainable;
    save();
  }
  write_metrics();
}

void Trainer::save() {
  state_.weights = {parameters_.trainable, parameters_.statistics};
  state_.optimizer = optimizer_->state;
  write_file(folder_.checkpoint(), to_checkpoint(fingerprint_, state_));
}

void Trainer::write_metrics() const {
  write_file(folder_.metrics(), to_json_lines(state_.metrics));
  write_file(folder_.events(), to_event_file(state_.metrics));
}

void Trainer::require_finite(const Loss& loss) const {
  if (std::isfinite(loss.sum)) return;
  const std::size_t done = state_.metrics.size();
  throw CheckError(graph_.name(), fmt::format("training diverged in epoch {}, step {}: the loss is not a number", done + 1, state_.step + 1),
                   fmt::format("lower train.learning_rate ({}), warm up, or set train.clip_norm; {} holds what was before", options_.recipe.train.learning_rate,
                               folder_.checkpoint().string()));
}

void Trainer::train_step(std::int64_t epoch) {
  const Clock::time_point start = Clock::now();
  const std::span<const std::uint32_t> batch = order_.batch(epoch, state_.step - epoch * steps_per_epoch());
  const Recipe::Train& options = options_.recipe.train;
  const Augmentation* augmentation = augmentation_.changes_nothing() ? nullptr : &augmentation_;
  const double loaded = runner_.loading_seconds();
  const Loss loss = runner_.train(data_.train, batch, gradient_, {epoch, augmentation, options.label_smoothing});
  require_finite(loss);
  if (options.clip_norm > 0) clip_gradient(gradient_, options.clip_norm);
  optimizer_->step(parameters_.trainable, gradient_, rate_at(state_.step));
  update_average();
  ++state_.step;
  state_.epoch_loss += loss;
  state_.epoch_images += static_cast<std::int64_t>(batch.size());
  state_.epoch_seconds += seconds_since(start);
  state_.epoch_loading_seconds += runner_.loading_seconds() - loaded;
}

double Trainer::rate_at(std::int64_t step) const {
  const std::vector<double> losses = each(state_.metrics, &EpochMetrics::validation_loss);
  return learning_rate(options_.recipe.train, {step, steps_per_epoch(), losses});
}

/// average = d * average + (1 - d) * weights
void Trainer::update_average() {
  if (state_.average.empty()) return;
  const auto kept = static_cast<float>(options_.recipe.train.average);
  for (std::size_t i = 0; i < state_.average.size(); ++i)
    state_.average[i] = kept * state_.average[i] + (1 - kept) * parameters_.trainable[i];
}

/// With the average of the weights where there is one.
Loss Trainer::validate() {
  // In place, because the executors' tensors lie in the array.
  const auto exchange = [&] { std::swap_ranges(state_.average.begin(), state_.average.end(), parameters_.trainable.begin()); };
  exchange();
  Loss total;
  const std::int64_t classes = graph_.outputs().front()->shape().elements();
  runner_.predict(data_.validation, [&](std::int64_t first, std::span<const float> logits) {
    const std::size_t count = logits.size() / static_cast<std::size_t>(classes);
    total += cross_entropy(logits, std::span(data_.validation.labels).subspan(static_cast<std::size_t>(first), count), 0, {});
  });
  exchange();
  return total;
}

void Trainer::finish_epoch() {
  const int epoch = static_cast<int>(state_.metrics.size()) + 1;
  const Loss validation = validate();
  require_finite(validation);
  const auto images = static_cast<double>(state_.epoch_images), validation_images = static_cast<double>(data_.validation.size());
  EpochMetrics m;
  m.epoch = epoch;
  m.train_loss = state_.epoch_loss.sum / images;
  m.train_top1 = percent(state_.epoch_loss.correct, state_.epoch_images);
  m.validation_loss = validation.sum / validation_images;
  m.validation_top1 = percent(validation.correct, data_.validation.size());
  m.seconds = state_.epoch_seconds;
  m.loading_seconds = state_.epoch_loading_seconds;
  m.images_per_s = images / state_.epoch_seconds;
  m.learning_rate = rate_at((epoch - 1) * steps_per_epoch());
  m.finished_at = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();

  if (state_.best_epoch == 0 || options_.recipe.train.keep == "last" || m.validation_top1 > best_metrics().validation_top1) {
    state_.best_epoch = epoch;
    state_.best = {state_.average.empty() ? parameters_.trainable : state_.average, parameters_.statistics};
  }
  state_.metrics.push_back(m);
  state_.epoch_loss = {};
  state_.epoch_images = 0;
  state_.epoch_seconds = state_.epoch_loading_seconds = 0;
  save();  // first, so that metrics.jsonl, which a resumed run rewrites from it, never knows more
  write_metrics();
}

std::string Trainer::note() const {
  const auto images = static_cast<double>(state_.epoch_images);
  return fmt::format("epoch {}/{}  {:.0f} images/s  loss {:.4f}  accuracy {:.2f} %", state_.metrics.size() + 1,
                     options_.recipe.train.epochs, images / state_.epoch_seconds, state_.epoch_loss.sum / images,
                     percent(state_.epoch_loss.correct, state_.epoch_images));
}

std::string Trainer::epoch_line() const {
  const EpochMetrics& m = state_.metrics.back();
  const std::string epochs = std::to_string(options_.recipe.train.epochs);
  return fmt::format("epoch {:>{}}/{}  loss {:.4f}  accuracy {:6.2f} %  validation {:6.2f} %  {:.0f} images/s", m.epoch, epochs.size(),
                     epochs, m.train_loss, m.train_top1, m.validation_top1, m.images_per_s);
}

Trainer::Outcome Trainer::run(const std::function<bool()>& should_stop) {
  const int epochs = options_.recipe.train.epochs;
  Progress progress("train", total_steps());
  progress.set_done(state_.step);
  progress.set_panel(live_view(options_.recipe, state_));
  Clock::time_point saved = Clock::now();
  while (static_cast<int>(state_.metrics.size()) < epochs && !stops_early(options_.recipe.train, each(state_.metrics, &EpochMetrics::validation_top1))) {
    const auto epoch = static_cast<std::int64_t>(state_.metrics.size());
    while (state_.step < (epoch + 1) * steps_per_epoch()) {
      if (should_stop()) {
        save();
        return Outcome::kStopped;
      }
      train_step(epoch);
      progress.set_note(note());
      progress.advance();
      if (seconds_since(saved) < options_.checkpoint_seconds) continue;
      save();
      saved = Clock::now();
    }
    finish_epoch();
    saved = Clock::now();
    progress.set_panel(live_view(options_.recipe, state_));
    progress.print_line(epoch_line());
  }
  progress.finish(fmt::format("trained {} epochs; {} is epoch {} with {:.2f} %", state_.metrics.size(),
                              options_.recipe.train.keep == "last" ? "the last, which is kept," : "the best on validation", state_.best_epoch,
                              best_metrics().validation_top1));
  return Outcome::kFinished;
}

void Trainer::write_best(Graph& graph) const {
  Parameters best = parameters_;
  best.trainable = state_.best.trainable;
  best.statistics = state_.best.statistics;
  best.write_to(graph);
}

}  // namespace bitloom::train
