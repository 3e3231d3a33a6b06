#include "data/generated/generated_set.h"

#include <fmt/format.h>

#include <cassert>

namespace bitloom::data {
namespace {

enum class Part : std::uint64_t { kTrain, kValidation, kTest };

class GeneratedPart final : public Dataset {
 public:
  GeneratedPart(const GeneratedSet& set, Part part, std::int64_t size) : set_(set), part_(part), size_(size) {}

  std::int64_t size() const override { return size_; }
  ImageShape shape() const override { return set_.shape; }
  int label(std::int64_t index) const override { return static_cast<int>(index % static_cast<std::int64_t>(set_.class_names.size())); }
  const std::vector<std::string>& class_names() const override { return set_.class_names; }
  std::string identity() const override {
    return fmt::format("{} part {}, {} images, seed {}", set_.name, static_cast<int>(part_), size_, set_.seed);
  }

  void read(std::int64_t index, std::span<std::uint8_t> pixels) const override {
    assert(index >= 0 && index < size_ && static_cast<std::int64_t>(pixels.size()) == set_.shape.bytes());
    RandomStream random({set_.seed, static_cast<std::uint64_t>(part_), static_cast<std::uint64_t>(index)});
    set_.draw(label(index), random, pixels);
  }

 private:
  const GeneratedSet& set_;
  Part part_;
  std::int64_t size_;
};

}  // namespace

Splits open_generated(const GeneratedSet& set) {
  return {std::make_shared<GeneratedPart>(set, Part::kTrain, set.train),
          std::make_shared<GeneratedPart>(set, Part::kValidation, set.validation),
          std::make_shared<GeneratedPart>(set, Part::kTest, set.test)};
}

}  // namespace bitloom::data
