#include <fmt/format.h>

#include "base/text.h"
#include "report/format.h"
#include "report/sections/pieces.h"

namespace bitloom::report {
namespace {

Markup code_block(std::string_view title, std::string_view source) {
  return element("h3", text(title)) +
         element("pre", {{"tabindex", "0"}, {"role", "region"}, {"aria-label", title}}, element("code", text(source)));
}

Markup facts(const RunReport& report) {
  const Provenance& from = report.provenance;
  Markup list;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) list += element("dt", text(name)) + element("dd", text(value));
  };
  add("Bitloom", from.version);
  add("Seed", std::to_string(report.request.seed));
  add("Machine", from.machine);
  add("Date", from.date);
  if (from.seconds > 0) add("Took", human_duration(from.seconds));
  for (const auto& [tool, version] : from.tools) add(tool, version);
  return element("dl", {{"class", "facts"}}, list);
}

Markup files_table(const std::vector<OutputFile>& files) {
  if (files.empty()) return {};
  Table table("Files of this run", {{"File", false, ""}, {"Bytes", true, ""}, {"SHA-256", false, ""}});
  for (const OutputFile& file : files)
    table.add_row({element("code", text(file.path)), text(grouped(file.bytes)), element("code", {{"class", "digest"}}, text(file.sha256))});
  return element("h3", text("Files")) + table.markup();
}

}  // namespace

Markup provenance_section(const RunReport& report) {
  const Provenance& from = report.provenance;
  Markup content = paragraph(
      "Training repeats bit for bit with the same version, seed, number of threads and kind of processor; from the quantized model on, "
      "every machine computes the same bits. Times and rates are this machine's.");
  content += facts(report);
  if (!from.command.empty()) content += code_block("Command", from.command);
  if (!from.recipe_text.empty()) content += code_block("Recipe", from.recipe_text);
  return section("reproduce", "How to do it again", content + files_table(from.files));
}

}  // namespace bitloom::report
