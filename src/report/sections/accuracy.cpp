#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/charts/heat_map.h"
#include "report/charts/line_chart.h"
#include "report/format.h"
#include "report/sections/pieces.h"

namespace bitloom::report {
namespace {

LineChart curve(const Training& training, std::string title, std::string unit, double Epoch::*train, double Epoch::*validation) {
  LineChart chart;
  chart.title = std::move(title);
  chart.unit = std::move(unit);
  chart.marked_x = training.kept_epoch;
  chart.mark = fmt::format("kept: epoch {}", training.kept_epoch);
  chart.series = {{"train", true, {}}, {"validation", false, {}}};
  for (const Epoch& epoch : training.epochs) {
    chart.x.push_back(epoch.epoch);
    chart.series[0].values.push_back(epoch.*train);
    chart.series[1].values.push_back(epoch.*validation);
  }
  if (!training.epochs.empty())
    chart.description =
        fmt::format("{} over {} epochs; at the last one {} in training and {} in validation.", chart.title, training.epochs.size(),
                    fixed(training.epochs.back().*train, 3), fixed(training.epochs.back().*validation, 3));
  return chart;
}

/// Where the accuracy scale begins: just below the worst epoch, so that the last ones can be told apart.
double accuracy_floor(const Training& training) {
  double low = 100;
  for (const Epoch& epoch : training.epochs) low = std::min({low, epoch.train_top1, epoch.validation_top1});
  return std::max(0.0, low);
}

Markup training_part(const RunReport& report) {
  const Markup heading = element("h3", text("Training"));
  if (!report.training) return heading + not_run(report.training.origin);
  const Training& training = *report.training;
  if (training.epochs.empty()) return heading + not_run({Origin::Kind::kNotRun, "no epoch was finished"});
  LineChart accuracy = curve(training, "Top-1", "%", &Epoch::train_top1, &Epoch::validation_top1);
  accuracy.low = accuracy_floor(training);
  accuracy.high = 100;
  const LineChart loss = curve(training, "Loss", "nats", &Epoch::train_loss, &Epoch::validation_loss);
  std::string words =
      fmt::format("{} in {}", counted(static_cast<std::int64_t>(training.epochs.size()), "epoch"), human_duration(training.seconds));
  if (training.images_per_second > 0) words += fmt::format(", {} images/s", grouped(static_cast<std::int64_t>(training.images_per_second)));
  words += fmt::format("; the weights of epoch {}, {}, were kept.", training.kept_epoch, training.kept_because);
  return heading + paragraph(words) + division("charts two", draw(loss) + draw(accuracy)) + source_line(report.training.origin);
}

bool is_square(const CountMatrix& counts, std::size_t classes) {
  return counts.size() == classes && std::all_of(counts.begin(), counts.end(), [&](const auto& row) { return row.size() == classes; });
}

CountMatrix difference(const CountMatrix& from, const CountMatrix& to) {
  CountMatrix result = to;
  for (std::size_t i = 0; i < to.size(); ++i)
    for (std::size_t j = 0; j < to[i].size(); ++j) result[i][j] -= from[i][j];
  return result;
}

std::vector<std::string> class_names(const RunReport& report, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(i < report.class_names.size() ? report.class_names[i] : std::to_string(i));
  return names;
}

struct Confusion {
  std::size_t label, prediction;
  std::int64_t float_count, int_count;
};

/// The most frequent confusions of both networks, as a table: what the pictures show, in words.
Markup confusions_table(const CountMatrix& floats, const CountMatrix& integers, const std::vector<std::string>& names,
                        const Request& request) {
  std::vector<Confusion> list;
  for (std::size_t i = 0; i < floats.size(); ++i)
    for (std::size_t j = 0; j < floats.size(); ++j)
      if (i != j && floats[i][j] + integers[i][j] > 0) list.push_back({i, j, floats[i][j], integers[i][j]});
  if (list.empty()) return paragraph("Neither network confuses any two classes.", "caption");
  std::stable_sort(list.begin(), list.end(),
                   [](const Confusion& a, const Confusion& b) { return a.float_count + a.int_count > b.float_count + b.int_count; });
  list.resize(std::min<std::size_t>(list.size(), 8));
  Table table(
      "Most frequent confusions",
      {{"Label", false, ""}, {"Answered", false, ""}, {"Float", true, ""}, {integer_name(request), true, ""}, {"Change", true, ""}});
  for (const Confusion& item : list) {
    const std::int64_t change = item.int_count - item.float_count;
    table.add_row({text(names[item.label]), text(names[item.prediction]), text(grouped(item.float_count)), text(grouped(item.int_count)),
                   change == 0 ? span("none", "0") : text((change > 0 ? "+" : "\u2212") + grouped(std::abs(change)))});
  }
  return element("h3", text("Most frequent confusions")) + table.markup("narrow");
}

std::string comparison_words(const RunReport& report, bool same) {
  std::string words = "Blue: right answers. Orange: wrong ones, darker where there are more.";
  words += same ? " The two matrices are the same." : " In their difference blue is better, orange worse.";
  if (report.changed_answers)
    words += fmt::format(" The two networks answer differently on {} of {}.", grouped(*report.changed_answers),
                         counted(report.int_accuracy->images, "image"));
  return words;
}

Markup confusion_part(const RunReport& report) {
  const Markup heading = element("h3", text("Which classes are confused"));
  if (!report.float_accuracy) return heading + not_run(report.float_accuracy.origin);
  if (!report.int_accuracy) return heading + not_run(report.int_accuracy.origin);
  const CountMatrix &floats = report.float_accuracy->confusion, &integers = report.int_accuracy->confusion;
  if (floats.empty() || !is_square(floats, floats.size()) || !is_square(integers, floats.size()))
    return heading + not_run({Origin::Kind::kNotRun, "no confusion matrix was recorded"});
  const std::vector<std::string> names = class_names(report, floats.size());
  const CountMatrix changes = difference(floats, integers);
  const bool same = floats == integers;
  const std::int64_t most = std::max(most_wrong(floats), most_wrong(integers));
  const std::string integer = integer_name(report.request);
  const auto describe = [&](const Accuracy& accuracy) {
    return fmt::format("Label down, prediction across. {} right of {}.", percent(accuracy.top1), counted(accuracy.images, "image"));
  };
  Markup maps = draw(HeatMap{"Float", describe(*report.float_accuracy), floats, names, most, false});
  maps += draw(HeatMap{integer, describe(*report.int_accuracy), integers, names, most, false});
  std::int64_t largest_change = std::max<std::int64_t>(4, most_wrong(changes));  // a single image more or less stays pale
  for (std::size_t i = 0; i < changes.size(); ++i) largest_change = std::max(largest_change, std::abs(changes[i][i]));
  if (!same)
    maps +=
        draw(HeatMap{integer + " minus float", "How many more images each cell counts in the integer network. Empty where nothing changed.",
                     changes, names, largest_change, true});
  return heading + paragraph(comparison_words(report, same)) + division("charts matrices", maps) +
         confusions_table(floats, integers, names, report.request) + source_line(report.int_accuracy.origin);
}

}  // namespace

Markup accuracy_section(const RunReport& report) {
  return section("accuracy", "Accuracy", training_part(report) + confusion_part(report));
}

}  // namespace bitloom::report
