#include "base/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "base/text.h"

namespace bitloom {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kRedrawEvery = std::chrono::milliseconds(100);
constexpr auto kLogEvery = std::chrono::seconds(10);
constexpr int kBarCells = 20;

std::atomic<bool> quiet{false};

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool can_redraw() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && !is_set("NO_COLOR") && !is_set("CI") && terminal != nullptr && std::string_view(terminal) != "dumb";
}

winsize terminal_size() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  return size;
}

/// One call, so that lines of several threads and processes do not mix.
void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

/// The first `columns` characters of UTF-8 text.
std::string cut(const std::string& text, std::size_t columns) {
  std::size_t shown = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts_character = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (starts_character && shown++ == columns) return text.substr(0, i);
  }
  return text;
}

}  // namespace

struct Progress::State {
  std::mutex mutex;
  std::string what, note;
  std::vector<std::string> panel;
  std::size_t lines_above = 0;  ///< of the panel, as it is on the terminal now
  std::int64_t total = 1, done = 0;
  Unit unit = Unit::kSteps;
  std::int64_t resumed_at = 0;  ///< steps that this process did not do: they say nothing about its speed
  bool in_place = false, finished = false, drawn = false;
  Clock::time_point begin = Clock::now(), next_draw = begin;

  std::string position() const {
    std::string bar;
    if (in_place) {
      const auto filled = static_cast<std::size_t>(kBarCells * std::clamp<std::int64_t>(done, 0, total) / total);
      bar = fmt::format("  [{:#<{}}{:.<{}}]", "", filled, "", kBarCells - filled);
    }
    return fmt::format("{}{}  {}/{}{}{}", what, bar, amount(done), amount(total), time_left(), note.empty() ? "" : "  " + note);
  }

  std::string amount(std::int64_t steps) const { return unit == Unit::kBytes ? human_bytes(steps) : std::to_string(steps); }

  std::string time_left() const {
    const std::int64_t own = done - resumed_at;
    if (own <= 0 || done >= total) return "";
    const double spent = std::chrono::duration<double>(Clock::now() - begin).count();
    return fmt::format("  {} left", human_duration(spent / static_cast<double>(own) * static_cast<double>(total - done)));
  }

  void draw_if_due() {
    if (quiet || finished || Clock::now() < next_draw) return;
    if (!in_place && done >= total) return;  // the last line is finish()'s
    if (in_place)
      print(screen());
    else
      print(position() + "\n");
    drawn = true;
    next_draw = Clock::now() + (in_place ? Clock::duration(kRedrawEvery) : Clock::duration(kLogEvery));
  }

  std::string to_first_line() const { return lines_above == 0 ? "\r" : fmt::format("\r\x1b[{}A", lines_above); }

  /// Panel and bar over what was drawn before.
  std::string screen() {
    const winsize size = terminal_size();
    const std::size_t columns = size.ws_col - 1;
    std::string text = to_first_line();
    if (lines_above > 0) text += "\x1b[J";
    lines_above = panel.size() + 2 <= size.ws_row ? panel.size() : 0;
    for (std::size_t i = 0; i < lines_above; ++i) text += cut(panel[i], columns) + "\x1b[K\n";
    return text + cut(position(), columns) + "\x1b[K";
  }

  void erase() {
    if (in_place && drawn) print(to_first_line() + (lines_above == 0 ? "\x1b[K" : "\x1b[J"));
    lines_above = 0;
    drawn = false;
  }
};

Progress::Progress(std::string_view what, std::int64_t total, Unit unit) : state_(std::make_unique<State>()) {
  state_->what = what;
  state_->total = std::max<std::int64_t>(1, total);
  state_->unit = unit;
  state_->in_place = can_redraw();
  if (!state_->in_place) state_->next_draw += kLogEvery;  // short work leaves one line in a log, not two
}

Progress::~Progress() { finish(); }

void Progress::advance(std::int64_t steps) {
  const std::lock_guard lock(state_->mutex);
  state_->done += steps;
  state_->draw_if_due();
}

void Progress::set_done(std::int64_t done) {
  const std::lock_guard lock(state_->mutex);
  if (state_->done == 0) state_->resumed_at = done;
  state_->done = done;
  state_->draw_if_due();
}

void Progress::set_note(std::string note) {
  const std::lock_guard lock(state_->mutex);
  state_->note = std::move(note);
  state_->draw_if_due();
}

void Progress::set_panel(std::vector<std::string> lines) {
  const std::lock_guard lock(state_->mutex);
  state_->panel = std::move(lines);
  state_->draw_if_due();
}

void Progress::print_line(const std::string& line) {
  const std::lock_guard lock(state_->mutex);
  if (quiet) return;
  state_->erase();
  print(line + "\n");
  if (!state_->in_place) return;
  state_->next_draw = Clock::now();  // the bar comes back below the line at once
  state_->draw_if_due();
}

void Progress::finish(const std::string& line) {
  const std::lock_guard lock(state_->mutex);
  if (std::exchange(state_->finished, true) || quiet) return;
  state_->erase();
  if (!line.empty())
    print(line + "\n");
  else if (!state_->in_place)
    print(state_->position() + "\n");
}

void Progress::set_quiet(bool value) { quiet = value; }

bool Progress::is_quiet() { return quiet; }

}  // namespace bitloom
