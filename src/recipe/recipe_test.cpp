#include "recipe/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/random.h"
#include "base/test_folder.h"
#include "recipe/keys.h"

namespace bitloom {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kMinimal = "data:\n  set: digits\nnetwork:\n  name: dnn2fpga\n";

/// A recipe file that lives as long as the test; its name in messages is `x.yaml`.
class RecipeFile : public ::testing::Test {
 protected:
  Recipe read(const std::string& text, const std::vector<std::string>& overrides = {}) {
    std::filesystem::remove(folder_.path() / "x.yaml");  // to overwrite a file waits for the disk; a new one does not
    std::ofstream(folder_.path() / "x.yaml", std::ios::binary) << text;
    return read_recipe(folder_.path() / "x.yaml", overrides);
  }
  /// The message of the InputError that reading ends in, without the folder.
  std::string error_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
    try {
      read(text, overrides);
    } catch (const InputError& error) {
      std::string message = error.what();
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
      const std::string prefix = folder_.path().string() + "/";
      return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
    }
    return "no error";
  }

  TestFolder folder_;
};

TEST_F(RecipeFile, FillsInDefaultsAndTakesItsNameFromTheFile) {
  const Recipe recipe = read(kMinimal);
  EXPECT_EQ(recipe.name, "x");
  EXPECT_EQ(recipe.data.set, "digits");
  EXPECT_EQ(recipe.network.name, "dnn2fpga");
  EXPECT_EQ(recipe.train.epochs, 10);
  EXPECT_EQ(recipe.seed, 1u);
  EXPECT_TRUE(recipe.synth);
  EXPECT_EQ(recipe.file.filename(), "x.yaml");
}

TEST_F(RecipeFile, ReadsEveryKindOfKey) {
  const Recipe recipe = read(kMinimal +
                             "seed: 18446744073709551615\nsynth: false\nname: my run\n"
                             "train: {epochs: 3, learning_rate: 2.5e-4, optimizer: sgd}\n"
                             "hardware:\n  target: stream:ice40up5k\n  folding:\n    conv1: {pe: 4, simd: 9}\n    "
                             "b.fc:\n      pe: 1\n      simd: 2\n");
  EXPECT_EQ(recipe.seed, 18446744073709551615u);
  EXPECT_FALSE(recipe.synth);
  EXPECT_EQ(recipe.name, "my run");
  EXPECT_EQ(recipe.train.epochs, 3);
  EXPECT_EQ(recipe.train.learning_rate, 2.5e-4);
  EXPECT_EQ(recipe.train.optimizer, "sgd");
  ASSERT_EQ(recipe.hardware.folding.size(), 2u);
  EXPECT_EQ(recipe.hardware.folding.at("conv1").simd, 9);
  EXPECT_EQ(recipe.hardware.folding.at("b.fc").pe, 1);
  EXPECT_THAT(recipe.hardware.folding.at("conv1").place, HasSubstr("x.yaml:12, 'conv1' in 'hardware.folding'"));
}

TEST_F(RecipeFile, NamesAnUnknownKeyItsLineAndTheNearestOne) {
  EXPECT_EQ(error_of(kMinimal + "train:\n  epoch: 3\n"),
            "x.yaml:6: unknown key 'epoch' in 'train'; did you mean 'epochs'?");
  EXPECT_EQ(error_of(kMinimal + "trian:\n  epochs: 3\n"), "x.yaml:5: unknown key 'trian'; did you mean 'train'?");
}

TEST_F(RecipeFile, TellsWhereAKeyThatIsAtTheWrongPlaceBelongs) {
  EXPECT_EQ(error_of(kMinimal + "epochs: 3\n"), "x.yaml:5: unknown key 'epochs'; it belongs to 'train'");
  EXPECT_EQ(error_of(kMinimal + "train:\n  synth: true\n"),
            "x.yaml:6: unknown key 'synth' in 'train'; it belongs to the top level, without indentation");
}

TEST_F(RecipeFile, RefusesKeysThatWouldBeIgnored) {
  EXPECT_THAT(error_of("data: {set: digits}\nnetwork: {model: m.onnx, width_multiplier: 0.5}\n"),
              HasSubstr("'width_multiplier' in 'network' is for networks by name"));
  EXPECT_THAT(error_of("data: {set: digits}\nnetwork: {name: linear, new_classifier: true}\n"), HasSubstr("none is given; give network.model"));
}

TEST_F(RecipeFile, RefusesWrongTypesAndValuesOutOfRange) {
  EXPECT_EQ(error_of(kMinimal + "train:\n  epochs: ten\n"),
            "x.yaml:6: 'epochs' in 'train' is 'ten'; give an integer from 0 to 100000");
  for (const char* bad : {"-3", "1e3", "3.0", "0x10", "99999999999", "[3]", "{a: 1}", "", "~"})
    EXPECT_THAT(error_of(kMinimal + "train:\n  epochs: " + bad + "\n"), StartsWith("x.yaml:6: 'epochs' in 'train' is "))
        << bad;
  for (const char* bad : {"nan", "inf", "-0.1", "1.01", "0.5x", "half"})
    EXPECT_THAT(error_of(kMinimal + "verify:\n  stall: " + bad + "\n"), HasSubstr("give a number from 0 to 0.99"))
        << bad;
  for (const std::string bad : {"yes", "1", "True"})
    EXPECT_EQ(error_of(kMinimal + "synth: " + bad + "\n"), "x.yaml:5: 'synth' is '" + bad + "'; give true or false");
  for (const char* bad : {"-1", "18446744073709551616"})
    EXPECT_THAT(error_of(kMinimal + "seed: " + bad + "\n"), HasSubstr("'seed' is ")) << bad;
  EXPECT_THAT(error_of(kMinimal + "train:\n  schedule: multi-step\n"), HasSubstr("multi-step has no milestones in 'train'; give train.milestones"));
  EXPECT_EQ(error_of(kMinimal + "train:\n  optimizer: rmsprop\n"),
            "x.yaml:6: 'optimizer' in 'train' is 'rmsprop'; give one of: adam, adamw, sgd");
  EXPECT_EQ(error_of(kMinimal + "quantize:\n  weight_bits: 0\n"),
            "x.yaml:6: 'weight_bits' in 'quantize' is '0'; give an integer from 1 to 16");
  EXPECT_THAT(error_of(kMinimal + "name: \"two\\nlines\"\n"), HasSubstr("'name' is 'two?lines'"));
}

TEST_F(RecipeFile, RefusesAKeyGivenTwice) {
  EXPECT_EQ(error_of(kMinimal + "seed: 1\nseed: 2\n"),
            "x.yaml:6: 'seed' appears twice in the recipe; remove one of them");
  EXPECT_EQ(error_of(kMinimal + "train:\n  batch: 1\n  batch: 1\n"),
            "x.yaml:7: 'batch' appears twice in 'train'; remove one of them");
  EXPECT_THAT(error_of(kMinimal + "data:\n  set: mnist\n"), StartsWith("x.yaml:5: 'data' appears twice"));
}

TEST_F(RecipeFile, RefusesWhatIsNotARecipe) {
  EXPECT_THAT(error_of(""), StartsWith("x.yaml: is empty"));
  EXPECT_THAT(error_of("# only a comment\n"), StartsWith("x.yaml: is empty"));
  EXPECT_THAT(error_of("- a\n- b\n"), StartsWith("x.yaml:1: not a recipe but a list"));
  EXPECT_THAT(error_of("hello"), StartsWith("x.yaml:1: not a recipe but 'hello'"));
  EXPECT_THAT(error_of("data: digits\n"), StartsWith("x.yaml:1: 'data' is 'digits', not a section"));
  EXPECT_THAT(error_of(kMinimal + "? [a, b]\n: 1\n"),
              StartsWith("x.yaml:5: a list stands where a key of the recipe should"));
  EXPECT_THAT(error_of(kMinimal + "---\na: 1\n"), HasSubstr("a second document begins here"));
}

TEST_F(RecipeFile, PointsAtTheLineOfASyntaxError) {
  EXPECT_THAT(error_of("data:\n  set: [digits\nnetwork: 3\n"), StartsWith("x.yaml:3: not valid YAML: "));
  EXPECT_THAT(error_of("data:\n\tset: digits\n"), StartsWith("x.yaml:2: not valid YAML: "));
}

TEST_F(RecipeFile, AsksForRequiredKeys) {
  EXPECT_EQ(error_of("seed: 2\n"), "x.yaml: no value for 'set' in 'data'; add a line to 'data': set: ...");
  EXPECT_EQ(error_of("data: {set: mnist}\n"),
            "x.yaml: names no network; give 'network' either a name from the zoo or a model, the path of an ONNX file");
  EXPECT_THAT(error_of("data: {set: mnist}\nnetwork: {name: lenet5, model: a.onnx}\n"), HasSubstr("names a network twice"));
}

TEST_F(RecipeFile, ReadsListsOfNumbers) {
  const Recipe recipe = read("data: {set: mnist, range: [0, 255], mean: [0.5, 0.25, -1]}\nnetwork: {model: a.onnx}\n");
  EXPECT_THAT(recipe.data.range, testing::ElementsAre(0, 255));
  EXPECT_THAT(recipe.data.mean, testing::ElementsAre(0.5, 0.25, -1));
  EXPECT_TRUE(recipe.data.std.empty());
  for (const char* range : {"[1]", "[0, 1, 2]", "7", "[0, x]", "[0, .inf]"})
    EXPECT_THAT(error_of(kMinimal, {std::string("data.range=") + range}), HasSubstr("give two numbers like [0, 255]")) << range;
}

TEST_F(RecipeFile, AcceptsASectionWhoseLinesAreAllCommentedOut) {
  EXPECT_EQ(read(kMinimal + "train:\n#  epochs: 3\n").train.epochs, 10);
}

TEST_F(RecipeFile, RefusesAFoldingThatIsIncompleteOrUnknown) {
  const std::string head = kMinimal + "hardware:\n  folding:\n    conv1: ";
  EXPECT_EQ(error_of(head + "{pe: 4}\n"),
            "x.yaml:7: 'conv1' in 'hardware.folding' needs both pe and simd; write it as {pe: 4, simd: 3}");
  EXPECT_THAT(error_of(head + "{pe: 4, smid: 1}\n"), HasSubstr("has an unknown key 'smid'"));
  EXPECT_THAT(error_of(head + "{pe: 0, simd: 1}\n"), HasSubstr("has pe = '0', not an integer from 1 to 65536"));
  EXPECT_THAT(error_of(head + "4\n"), HasSubstr("is '4'"));
  EXPECT_THAT(error_of(head + "{pe: 1, simd: 1}\n    conv1: {pe: 1, simd: 1}\n"),
              StartsWith("x.yaml:8: 'conv1' appears twice"));
}

TEST_F(RecipeFile, OverridesWinOverTheFileAndMaySupplyRequiredKeys) {
  const Recipe recipe =
      read("train:\n  epochs: 3\n", {"data.set=mnist", "network.name=linear", "train.epochs=5", "seed=7",
                                     "hardware.folding.conv1={pe: 2, simd: 3}", "train.epochs=6", "data.set=dir:/a=b"});
  EXPECT_EQ(recipe.data.set, "dir:/a=b");
  EXPECT_EQ(recipe.train.epochs, 6);
  EXPECT_EQ(recipe.seed, 7u);
  EXPECT_EQ(recipe.hardware.folding.at("conv1").pe, 2);
  EXPECT_EQ(recipe.hardware.folding.at("conv1").place,
            "--set hardware.folding.conv1={pe: 2, simd: 3}, 'conv1' in 'hardware.folding'");
}

TEST_F(RecipeFile, NamesTheOverrideThatIsWrong) {
  EXPECT_EQ(error_of(kMinimal, {"train.epochs"}), "--set train.epochs: has no '='; write --set section.key=value");
  EXPECT_EQ(error_of(kMinimal, {"train.epoch=3"}),
            "--set train.epoch=3: unknown key 'epoch' in 'train'; did you mean 'epochs'?");
  EXPECT_EQ(error_of(kMinimal, {"trian.epochs=3"}),
            "--set trian.epochs=3: unknown section 'trian'; did you mean 'train'?");
  EXPECT_EQ(error_of(kMinimal, {"train=3"}),
            "--set train=3: 'train' is a section; name one of its keys, as train.epochs");
  EXPECT_EQ(error_of(kMinimal, {"train.epochs=x"}),
            "--set train.epochs=x: 'epochs' in 'train' is 'x'; give an integer from 0 to 100000");
  EXPECT_THAT(error_of(kMinimal, {"train.epochs=[1"}), StartsWith("--set train.epochs=[1: not valid YAML: "));
  EXPECT_THAT(error_of(kMinimal, {"hardware.folding.conv1=3"}),
              StartsWith("--set hardware.folding.conv1=3: 'conv1' in 'hardware.folding' is '3'"));
}

TEST_F(RecipeFile, WrittenOutAndReadAgainIsTheSameRecipe) {
  const Recipe recipe = read(
      kMinimal, {"train.learning_rate=0.1234567890123", "name='true: #'", "hardware.folding.a b={pe: 2, simd: 3}",
                 "data.set=dir:/x y/\"z\"" + std::string(100, 'z'), "seed=18446744073709551615", "hardware.target=''"});
  const std::string yaml = to_yaml(recipe);
  const Recipe again = read(yaml);
  EXPECT_EQ(to_yaml(again), yaml);
  EXPECT_EQ(again.train.learning_rate, 0.1234567890123);
  EXPECT_EQ(again.name, "true: #");
  EXPECT_EQ(again.data.set, "dir:/x y/\"z\"" + std::string(100, 'z'));
  EXPECT_EQ(again.seed, 18446744073709551615u);
  EXPECT_EQ(again.hardware.folding.at("a b").simd, 3);
  for (const recipe::Key& key : recipe::all_keys()) EXPECT_THAT(yaml, HasSubstr(std::string(key.name) + ":"));
}

TEST_F(RecipeFile, EveryDefaultLiesInItsOwnRange) {
  for (const recipe::Key& key : recipe::all_keys()) {
    const bool has_no_default = key.required || key.section == "network";  // one of whose keys must be there
    if (has_no_default || std::holds_alternative<recipe::LayerMap>(key.value)) continue;
    const std::string path =
        key.section.empty() ? std::string(key.name) : std::string(key.section) + "." + std::string(key.name);
    const std::string quote = std::holds_alternative<recipe::Numbers>(key.value) ? "" : "'";
    EXPECT_EQ(error_of(kMinimal, {path + "=" + quote + recipe::scalar_text(key.value, Recipe{}) + quote}), "no error") << path;
  }
}

TEST_F(RecipeFile, ShowsEveryValueOnOneLine) {
  const Recipe recipe = read(kMinimal + "hardware: {folding: {conv1: {pe: 4, simd: 3}, fc: {pe: 10, simd: 1}}}\ntrain: {milestones: [10, 20]}\n");
  const auto text_of = [&](std::string_view section, std::string_view name) {
    return recipe::value_text(recipe::find_key(section, name)->value, recipe);
  };
  EXPECT_EQ(text_of("hardware", "folding"), "{conv1: {pe: 4, simd: 3}, fc: {pe: 10, simd: 1}}");
  EXPECT_EQ(text_of("train", "milestones"), "[10, 20]");
  EXPECT_EQ(text_of("train", "learning_rate"), "0.001");
  EXPECT_EQ(recipe::value_text(recipe::find_key("hardware", "folding")->value, Recipe{}), "{}");
}

TEST_F(RecipeFile, ReadsTextAsItReadsAFile) {
  EXPECT_EQ(to_yaml(parse_recipe(kMinimal, "x.yaml")), to_yaml(read(kMinimal)));
  try {
    parse_recipe(kMinimal + "seeds: 1\n", "runs/a/recipe.yaml");
    FAIL() << "an unknown key was read";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), StartsWith("runs/a/recipe.yaml:5: unknown key 'seeds'"));
  }
}

TEST_F(RecipeFile, GivesLayersBitsOfTheirOwnOrLeavesThemInFloat) {
  const Recipe recipe = read(kMinimal + "quantize:\n  layers:\n    conv1: {weights: 4, activations: 6}\n    a.fc: float\n", {"quantize.layers.b.fc=float"});
  const auto& layers = recipe.quantize.layers;
  ASSERT_EQ(layers.size(), 3u);
  EXPECT_EQ(std::pair(layers.at("conv1").weights, layers.at("conv1").activations), std::pair(4, 6));
  for (const char* layer : {"a.fc", "b.fc"}) EXPECT_EQ(std::pair(layers.at(layer).weights, layers.at(layer).activations), std::pair(32, 32));
  const Recipe again = read(to_yaml(recipe));
  EXPECT_EQ(recipe::value_text(recipe::find_key("quantize", "layers")->value, again),
            "{a.fc: float, b.fc: float, conv1: {weights: 4, activations: 6}}");
  EXPECT_THAT(error_of(kMinimal, {"quantize.layers.fc=9"}), HasSubstr("'fc' in 'quantize.layers' is '9'; write it as {weights: 4, activations: 8} or float"));
  EXPECT_THAT(error_of(kMinimal, {"quantize.layers.fc={weights: 17, activations: 8}"}), HasSubstr("has weights = '17', not an integer from 1 to 16"));
  EXPECT_THAT(error_of(kMinimal, {"quantize.layers.fc={weights: 4}"}), HasSubstr("needs both weights and activations"));
  EXPECT_THAT(error_of(kMinimal, {"hardware.folding.fc=float"}), HasSubstr("is 'float'; write it as {pe: 4, simd: 3}"));
}

TEST(RecipeManual, TellsEveryKeyWithItsMeaning) {
  const std::string manual = recipe_manual();
  for (const recipe::Key& key : recipe::all_keys()) {
    EXPECT_THAT(manual, HasSubstr(std::string(key.name) + "  ("));
    EXPECT_THAT(manual, HasSubstr(std::string(key.meaning)));
  }
  EXPECT_THAT(
      manual,
      HasSubstr(
          "\ntrain:\n  epochs  (default 10; an integer from 0 to 100000)\n      Passes over the training images; 0: a "
          "network.model stays as it is.\n"));
}

TEST(Recipes, TheOnesInTheRepositoryAreValid) {
  const char* root = std::getenv("BITLOOM_SOURCE_DIR");
  ASSERT_NE(root, nullptr) << "run through ctest, or set BITLOOM_SOURCE_DIR";
  const Recipe mnist = read_recipe(std::filesystem::path(root) / "recipes/mnist.yaml");
  EXPECT_EQ(mnist.network.name, "dnn2fpga");
  EXPECT_EQ(mnist.quantize.max_drop, 0.5);
  const Recipe digits = read_recipe(std::filesystem::path(root) / "recipes/digits.yaml");
  EXPECT_EQ(digits.hardware.target, "stream:ice40up5k");
  EXPECT_TRUE(digits.quantize.power_of_two);
  EXPECT_FALSE(digits.quantize.per_channel);
}

TEST_F(RecipeFile, EndsOnTextInWhichYamlCppFindsDocumentsWithoutEnd) {
  EXPECT_THAT(error_of(",ame: x\n"), HasSubstr("a second document begins here"));
}

TEST_F(RecipeFile, SurvivesRandomDamageWithAnInputErrorOrARecipe) {
  const std::uint64_t seed =
      std::getenv("BITLOOM_TEST_SEED") ? std::strtoull(std::getenv("BITLOOM_TEST_SEED"), nullptr, 10) : 20240607;
  SCOPED_TRACE("BITLOOM_TEST_SEED=" + std::to_string(seed));
  const std::string good = to_yaml(read(kMinimal, {"hardware.folding.conv1={pe: 2, simd: 3}"}));
  const std::string alphabet = "\n\t :-[]{}&*!|>'\"%@`#?,<=a1~\\\x01\xff" + std::string(1, '\0');
  int refused = 0;
  for (std::uint64_t trial = 0; trial < 2000; ++trial) {
    RandomStream random({seed, trial});
    std::string text = good;
    for (std::uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
      const std::size_t at = random.below(text.size());
      if (random.below(8) == 0)
        text.resize(at + 1);
      else
        text[at] = alphabet[random.below(alphabet.size())];
    }
    refused += error_of(text) != "no error";
  }
  EXPECT_GT(refused, 200);
}

}  // namespace
}  // namespace bitloom
