#include "data/views.h"

#include <algorithm>
#include <cassert>

namespace bitloom::data {
namespace {

class Subset final : public Dataset {
 public:
  Subset(std::shared_ptr<const Dataset> set, std::vector<std::int64_t> indices) : set_(std::move(set)), indices_(std::move(indices)) {
    assert(std::all_of(indices_.begin(), indices_.end(), [&](std::int64_t i) { return i >= 0 && i < set_->size(); }));
  }
  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  ImageShape shape() const override { return set_->shape(); }
  int label(std::int64_t index) const override { return set_->label(indices_[static_cast<std::size_t>(index)]); }
  void read(std::int64_t index, std::span<std::uint8_t> pixels) const override {
    set_->read(indices_[static_cast<std::size_t>(index)], pixels);
  }
  std::span<const std::uint8_t> pixels(std::int64_t index) const override {
    return set_->pixels(indices_[static_cast<std::size_t>(index)]);
  }
  const std::vector<std::string>& class_names() const override { return set_->class_names(); }

 private:
  std::shared_ptr<const Dataset> set_;
  std::vector<std::int64_t> indices_;
};

}  // namespace

std::shared_ptr<const Dataset> subset(std::shared_ptr<const Dataset> set, std::vector<std::int64_t> indices) {
  return std::make_shared<Subset>(std::move(set), std::move(indices));
}

}  // namespace bitloom::data
