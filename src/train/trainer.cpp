#include "train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/version.h"
#include "ir/ops/fake_quantize.h"
#include "train/backend.h"
#include "train/frozen.h"
#include "train/live_view.h"
#include "train/schedule.h"
#include "train/tensorboard/event_file.h"
#include "train/training_graph.h"

namespace bitloom::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double percent(std::int64_t part, std::int64_t whole) { return 100.0 * static_cast<double>(part) / static_cast<double>(whole); }

/// Whether it is the scale or offset of a quantizer.
bool is_scale(const Parameters::Slice& slice) {
  const Node* user = slice.value->consumers().front();
  return user->is<FakeQuantize>() && user->input(0) != slice.value;
}

/// Neighbours that decay and move alike, joined; scales stay by themselves, since they may be frozen before the others.
std::vector<ParameterGroup> parameter_groups(const Parameters& parameters, const Recipe& recipe) {
  const Recipe::Train& options = recipe.train;
  const Recipe::QuantizedTraining& quantized = recipe.quantized_training;
  std::vector<ParameterGroup> groups;
  bool is_behind_scale = true;
  for (const Parameters::Slice& slice : parameters.slices()) {
    if (slice.role != OperandRole::kParameter) continue;
    const auto begin = static_cast<std::size_t>(slice.offset), end = begin + static_cast<std::size_t>(slice.count);
    if (is_scale(slice)) {
      groups.push_back({begin, end, static_cast<float>(quantized.scale_decay), static_cast<float>(quantized.scale_rate)});
      is_behind_scale = true;
      continue;
    }
    const bool decays = options.decay_all || slice.value->shape().rank() > 1;
    const float decay = decays ? static_cast<float>(options.weight_decay) : 0;
    if (!is_behind_scale && groups.back().weight_decay == decay)
      groups.back().end = end;
    else
      groups.push_back({begin, end, decay});
    is_behind_scale = false;
  }
  return groups;
}

std::vector<double> each(const std::vector<EpochMetrics>& metrics, double EpochMetrics::*member) {
  std::vector<double> values;
  for (const EpochMetrics& m : metrics) values.push_back(m.*member);
  return values;
}

}  // namespace

void check_data(const TrainingData& data, const std::string& set) {
  if (data.train.size() == 0) throw InputError(set, "no training images");
  if (data.validation.size() == 0)
    throw InputError(set, "no validation images, which choose the best epoch", "raise data.validation or add images");
}

Trainer::Trainer(const Graph& graph, TrainingData data, TrainerOptions options, const RunFolder& folder)
    : graph_(training_graph(graph)),
      data_(std::move(data)),
      options_(std::move(options)),
      is_quantized_(!graph_.nodes_of<FakeQuantize>().empty()),
      folder_(folder),
      parallel_(options_.group),
      threads_(options_.recipe.train.threads > 0 ? options_.recipe.train.threads : default_threads()),
      parameters_(graph_, frozen_nodes(graph_, options_.recipe.network.freeze)),
      couples_(couples_images(graph_, parameters_)),
      order_(data_.train.size(), options_.recipe.train.batch, options_.recipe.seed, couples_ ? 2 * parallel_.size() : 2),
      runner_(graph_, parameters_,
              {.batch = parallel_.largest_share(order_.largest_batch()),
               .threads = threads_,
               .loader_threads = options_.recipe.data.loader_threads,
               .device = options_.device,
               .precision = precision_of(options_.recipe.train.precision)}),
      augmentation_(options_.recipe.augment, options_.recipe.seed, data_.train.shape),
      incremental_(parameters_, options_.recipe.quantized_training.portions, options_.recipe.train.epochs),
      optimizer_(make_optimizer(options_.recipe.train, parameter_groups(parameters_, options_.recipe), threads_)),
      gradient_(parameters_.trainable.size()) {
  check_precision(graph_, options_.recipe.train);
  check_shares(parallel_.size(), options_.recipe.train.batch, data_.train.size(), couples_);
  start_or_resume();
  if (parallel_.leads() && !options_.step_log.empty()) step_log_.emplace(options_.step_log, state_.step);
}

/// The number of threads counts only where operators split their sums among them; that of processes always, because each sums its share of
/// a batch before the shares are summed.
Fingerprint Trainer::fingerprint() const {
  const Recipe& recipe = options_.recipe;
  Fingerprint result{{"bitloom", version()},
                     {"backend", backend_description()},
                     {"threads", takes_batch_whole(graph_, parameters_, parallel_.largest_share(order_.largest_batch())) ? std::to_string(threads_) : "any"},
                     {"processes", std::to_string(parallel_.size())},
                     {"initial weights", digest_of(to_text(graph_))},  // and all other constants
                     {"training images", fmt::format("{:08x}", digest(data_.train))},
                     {"validation images", fmt::format("{:08x}", digest(data_.validation))}};
  add_network(result, graph_);
  add_recipe(result, recipe, is_quantized_);
  return result;
}

void Trainer::start_or_resume() {
  fingerprint_ = fingerprint();
  parallel_.check_same(fingerprint_);
  const bool resumes = parallel_.leads() && std::filesystem::exists(folder_.checkpoint());
  const std::string checkpoint = parallel_.from_leader(resumes ? read_file(folder_.checkpoint()) : "");
  if (!checkpoint.empty()) {
    state_ = from_checkpoint(folder_.checkpoint().string(), checkpoint, fingerprint_, is_quantized_ ? kStartQuantizedOver : kStartOver);
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
  if (parallel_.leads()) write_file(folder_.checkpoint(), to_checkpoint(fingerprint_, state_));
}

void Trainer::write_metrics() const {
  if (!parallel_.leads()) return;
  write_file(folder_.metrics(), to_json_lines(state_.metrics));
  write_file(folder_.events(), to_event_file(state_.metrics));
}

void Trainer::require_finite(const Loss& loss) const {
  if (std::isfinite(loss.sum)) return;
  const std::size_t done = state_.metrics.size();
  throw CheckError(graph_.name(), fmt::format("training diverged in epoch {}, step {}: the loss is not a number", done + 1, state_.step + 1),
                   fmt::format("lower {}.learning_rate ({}), warm up, or set train.clip_norm; {} holds what was before",
                               is_quantized_ ? "quantized_training" : "train", options_.recipe.train.learning_rate, folder_.checkpoint().string()));
}

/// Gradient and loss over the whole batch, of which this process runs its share.
Loss Trainer::train_share(std::int64_t epoch, std::span<const std::uint32_t> batch) {
  const Augmentation* augmentation = augmentation_.changes_nothing() ? nullptr : &augmentation_;
  const auto [first, count] = parallel_.share(static_cast<std::int64_t>(batch.size()));
  const std::span<float> statistics = couples_ ? std::span(parameters_.statistics) : std::span<float>();
  parallel_.begin_step(statistics);
  const Loss loss = runner_.train(data_.train, batch.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), gradient_,
                                  {epoch, augmentation, options_.recipe.train.label_smoothing, static_cast<std::int64_t>(batch.size())});
  parallel_.end_step(gradient_, statistics);
  return parallel_.sum(loss);
}

/// Scales and statistics that the recipe freezes by now; asked at every step, so that a resumed training does the same.
void Trainer::freeze_by_epoch(std::int64_t epoch) {
  const Recipe::QuantizedTraining& options = options_.recipe.quantized_training;
  if (options.freeze_batch_norm > 0 && epoch >= options.freeze_batch_norm) runner_.freeze_batch_norm();
  if (options.freeze_scales == 0 || epoch < options.freeze_scales) return;
  runner_.freeze_observers();
  for (const Parameters::Slice& slice : parameters_.slices())
    if (slice.role == OperandRole::kParameter && is_scale(slice))
      for (ParameterGroup& group : optimizer_->groups)
        if (group.begin == static_cast<std::size_t>(slice.offset)) group.rate = 0;
}

void Trainer::train_step(std::int64_t epoch) {
  if (is_quantized_) freeze_by_epoch(epoch);
  incremental_.begin_epoch(epoch, state_.quantized, state_.average);
  const Clock::time_point start = Clock::now();
  const std::span<const std::uint32_t> batch = order_.batch(epoch, state_.step - epoch * steps_per_epoch());
  const Recipe::Train& options = options_.recipe.train;
  const double loaded = runner_.loading_seconds();
  const Loss loss = train_share(epoch, batch);
  require_finite(loss);
  clear_quantized(gradient_, state_.quantized);
  if (options.clip_norm > 0) clip_gradient(gradient_, options.clip_norm);
  const double rate = rate_at(state_.step);
  step_free_weights(*optimizer_, parameters_.trainable, gradient_, rate, state_.quantized);
  update_average();
  ++state_.step;
  const auto images = static_cast<std::int64_t>(batch.size());
  if (step_log_)
    step_log_->add({state_.step, static_cast<int>(epoch) + 1, loss.sum / static_cast<double>(images), percent(loss.correct, images), rate});
  state_.epoch_loss += loss;
  state_.epoch_images += images;
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
  if (options_.deploy) {
    Graph current = graph_.clone();
    parameters_.write_to(current);
    const Graph deployed = options_.deploy(current);
    Parameters of_deployed(deployed);
    BatchRunner runner(deployed, of_deployed, {.batch = order_.largest_batch(), .threads = threads_, .device = options_.device});
    total = loss_of(runner);
  } else {
    total = loss_of(runner_);
  }
  exchange();
  return parallel_.sum(total);
}

/// Over this process's share of the validation images.
Loss Trainer::loss_of(BatchRunner& runner) {
  Loss total;
  const std::int64_t classes = graph_.outputs().front()->shape().elements();
  const auto [share, share_count] = parallel_.share(data_.validation.size());
  runner.predict(
      data_.validation,
      [&](std::int64_t first, std::span<const float> logits) {
        const std::size_t count = logits.size() / static_cast<std::size_t>(classes);
        total += cross_entropy(logits, std::span(data_.validation.labels).subspan(static_cast<std::size_t>(first), count), 0, {});
      },
      share, share_count);
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
      if (parallel_.any(should_stop())) {
        save();
        parallel_.barrier();  // a launcher that sees one process end may kill the others
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
