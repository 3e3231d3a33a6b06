#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/testing/sample_report.h"

namespace bitloom::report {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The part of the page between <section id="id"> and its end.
std::string section_of(const std::string& page, const std::string& id) {
  const std::size_t begin = page.find("<section id=\"" + id + "\"");
  EXPECT_NE(begin, std::string::npos) << id;
  return page.substr(begin, page.find("</section>", begin) - begin);
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

const Origin kMissing{Origin::Kind::kNotRun, "because of a test"};

TEST(Page, IsOneSelfContainedFile) {
  const std::string page = render_html(sample_report());
  EXPECT_THAT(page, testing::StartsWith("<!doctype html>\n<html lang=\"en\">"));
  EXPECT_THAT(page, HasSubstr("default-src &#39;none&#39;"));
  for (const char* reference : {"http://", "https://", "src=\"//", "url(", "@import", "<link", "<iframe"})
    EXPECT_THAT(page, Not(HasSubstr(reference)));
  EXPECT_EQ(occurrences(page, "src=\""), occurrences(page, "src=\"data:image/png;base64,"));
}

TEST(Page, ShowsEverySectionOfACompleteRun) {
  const std::string page = render_html(sample_report());
  for (const char* id : {"pipeline", "layers", "resources", "accuracy", "mistakes", "size", "reproduce"})
    EXPECT_THAT(section_of(page, id), Not(HasSubstr("not run"))) << id;
  EXPECT_THAT(page, HasSubstr("All 5 checks passed"));
  EXPECT_THAT(page, Not(HasSubstr("class=\"card absent\"")));
}

TEST(Page, SaysOfEverySectionWithoutDataThatItWasNotRun) {
  const std::string page = render_html(RunReport());
  for (const char* id : {"pipeline", "layers", "resources", "accuracy", "mistakes", "size"})
    EXPECT_THAT(section_of(page, id), HasSubstr("not run")) << id;
  EXPECT_THAT(page, HasSubstr("No check was run"));
  EXPECT_EQ(occurrences(page, "class=\"card absent\""), 8u);
}

TEST(Page, GivesTheReasonWhereSomethingIsMissing) {
  const auto without = [](auto remove) {
    RunReport report = sample_report();
    remove(report);
    return render_html(report);
  };
  const std::string reason = "because of a test";
  EXPECT_THAT(section_of(without([](RunReport& r) { r.verification = kMissing; }), "pipeline"), HasSubstr(reason));
  EXPECT_THAT(section_of(without([](RunReport& r) { r.training = kMissing; }), "accuracy"), HasSubstr(reason));
  EXPECT_THAT(section_of(without([](RunReport& r) { r.int_accuracy = kMissing; }), "accuracy"), HasSubstr(reason));
  EXPECT_THAT(section_of(without([](RunReport& r) { r.size = kMissing; }), "size"), HasSubstr(reason));
  EXPECT_THAT(section_of(without([](RunReport& r) {
                           r.synthesis = kMissing;
                           r.resources.clear();
                         }),
                         "resources"),
              HasSubstr(reason));
}

TEST(Page, CallsAnEstimateAnEstimateWhereSynthesisWasNotRun) {
  RunReport report = sample_report();
  report.synthesis = kMissing;
  for (Resource& resource : report.resources) resource.synthesized.reset();
  const std::string page = render_html(report);
  EXPECT_THAT(section_of(page, "resources"), HasSubstr("Fits on iCE40 UP5K, sg48 by the estimate; synthesis was not run."));
  EXPECT_THAT(page, HasSubstr("<p class=\"figure\">3,910<span class=\"unit\"> logic cells</span></p>"));
  EXPECT_THAT(page, Not(HasSubstr(">synthesized</span>")));
}

TEST(Page, ShowsAFailedRunAsFailed) {
  RunReport report = sample_report();
  report.verification->mismatches = 3;
  report.resources[0].synthesized = 6012;
  const std::string page = render_html(report);
  EXPECT_THAT(page, HasSubstr("class=\"verdict failed\""));
  EXPECT_THAT(page, HasSubstr("Failed: equality, fit; 3 passed"));
  EXPECT_EQ(occurrences(page, "class=\"card failed\""), 2u);
  EXPECT_THAT(section_of(page, "resources"), HasSubstr("Does not fit on iCE40 UP5K, sg48."));
  EXPECT_THAT(section_of(page, "resources"), HasSubstr("114 %<span class=\"over\"> \u2717 732 too many</span>"));
}

TEST(Page, TellsTheOriginOfEveryKeyFigure) {
  const std::string page = render_html(sample_report());
  const std::string cards = page.substr(page.find("<ul class=\"cards\""), page.find("<nav") - page.find("<ul class=\"cards\""));
  EXPECT_EQ(occurrences(cards, "<li class=\"card\">"), 8u);
  EXPECT_EQ(occurrences(cards, "class=\"origin "), 8u);
  for (const char* kind : {"measured", "counted", "simulated", "synthesized"})
    EXPECT_THAT(cards, HasSubstr("<span class=\"kind\">" + std::string(kind)));
}

TEST(Page, ListsEveryLayerAndItsTotals) {
  const std::string layers = section_of(render_html(sample_report()), "layers");
  for (const Layer& layer : sample_report().layers) EXPECT_THAT(layers, HasSubstr("<th scope=\"row\">" + layer.name + "</th>"));
  EXPECT_THAT(layers, HasSubstr("<td class=\"number\">5,258</td><td class=\"number\">192,064</td>"));
  EXPECT_THAT(layers, HasSubstr("<tr class=\"slowest\"><th scope=\"row\">conv2</th>"));
}

TEST(Page, ShowsLayersWithoutHardwareColumnsWhenThereIsNoHardware) {
  RunReport report = sample_report();
  for (Layer& layer : report.layers) layer.pe = layer.simd = 0, layer.ideal_cycles = 0;
  const std::string layers = section_of(render_html(report), "layers");
  EXPECT_THAT(layers, HasSubstr("MACs"));
  EXPECT_THAT(layers, Not(HasSubstr(">simd<")));
}

TEST(Page, ShowsSizesOfAllPrecisions) {
  const std::string size = section_of(render_html(sample_report()), "size");
  for (const char* bytes : {">42,064<", ">21,032<", ">10,516<", ">5,360<"}) EXPECT_THAT(size, HasSubstr(bytes));
  for (const char* words : {">FP64<", ">FP16<", ">BF16<", ">98.38 %<", ">98.32 %<"}) EXPECT_THAT(size, HasSubstr(words));
}

TEST(Page, ComparesTheTwoConfusionMatrices) {
  RunReport report = sample_report();
  EXPECT_THAT(section_of(render_html(report), "accuracy"), HasSubstr("INT8 minus float"));
  report.int_accuracy->confusion = report.float_accuracy->confusion;
  const std::string same = section_of(render_html(report), "accuracy");
  EXPECT_THAT(same, HasSubstr("The two matrices are the same."));
  EXPECT_THAT(same, Not(HasSubstr("INT8 minus float")));
}

TEST(Page, PutsImagesOnWhichTheNetworksDisagreeFirst) {
  RunReport report = sample_report();
  report.mistakes = {{11, sample_image(1, 1), 1, 7, 7}, {22, sample_image(2, 3), 2, 2, 5}};
  const std::string mistakes = section_of(render_html(report), "mistakes");
  EXPECT_LT(mistakes.find("#22"), mistakes.find("#11"));
  EXPECT_EQ(occurrences(mistakes, "data:image/png;base64,"), 2u);
}

TEST(Page, ListsWhatQuantizationChangedBelowTheLayers) {
  RunReport report = sample_report();
  EXPECT_THAT(section_of(render_html(report), "layers"), Not(HasSubstr("<details>")));
  report.quantization_notes = {"net: node 'conv1' (Conv2d): 12 of 300 weights not rounded to the nearest"};
  EXPECT_THAT(section_of(render_html(report), "layers"), HasSubstr("12 of 300 weights not rounded to the nearest</li>"));
}

TEST(Page, ShowsTheRungsOfALadderAndWhyOneWasNotTaken) {
  const std::string page = render_html(sample_report());
  for (const char* words : {"href=\"#ladder\"", "3.15 points below float", "not taken: hardware is made of integers alone", "0.30 points below float, good enough"})
    EXPECT_THAT(page, HasSubstr(words));
}

TEST(Page, ShowsTheBitsOfLayersAndWhatOtherBudgetsWouldGive) {
  const std::string page = render_html(sample_report());
  for (const char* words : {"href=\"#bits\"", "11.2 \u00b7 27.4 \u00b7 52.3", "4 / 8", "4 bits: 50.0 % of 8 bits, 20.4 dB"}) EXPECT_THAT(page, HasSubstr(words));
}

TEST(Page, SaysNothingOfALadderOrBitsWhereTheRecipeAsksForNone) {
  RunReport report = sample_report();
  report.ladder.reset();
  report.mixed_precision.reset();
  const std::string page = render_html(report);
  for (const char* words : {"#ladder", "id=\"ladder\"", "#bits", "id=\"bits\""}) EXPECT_THAT(page, testing::Not(HasSubstr(words)));
}

TEST(Page, TellsHowToDoItAgain) {
  const std::string reproduce = section_of(render_html(sample_report()), "reproduce");
  for (const char* fact : {"./bitloom run recipes/digits.yaml", "name: digits-ice40", "0.1.0 (commit fbc20a5)", "AMD EPYC 9B14",
                           "nextpnr-ice40", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"})
    EXPECT_THAT(reproduce, HasSubstr(fact));
}

TEST(Page, LetsNoTextBecomeATag) {
  const std::string page = render_html(hostile_report());
  EXPECT_EQ(occurrences(page, "<script"), 1u);
  EXPECT_EQ(occurrences(page, "</script"), 1u);
  EXPECT_EQ(occurrences(page, "</style"), 1u);
  EXPECT_THAT(page, Not(HasSubstr("<img src=x")));
  EXPECT_THAT(page, Not(HasSubstr("\" onload=\"")));
  EXPECT_THAT(page, HasSubstr("&lt;img src=x onerror="));
}

}  // namespace
}  // namespace bitloom::report
