#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "data/dataset.h"
#include "eval/data_choice.h"

namespace bitloom::cli {

/// "--data SET[:split] --data-dir DIR --range --mean --std": the images that a command works on.
struct DataOptions : DataChoice {
  void add_to(CLI::App& command, bool required = true);
};

/// The first `count` images of a seeded shuffle of the set, so that a few calibration images show every class.
std::shared_ptr<const data::Dataset> calibration_subset(std::shared_ptr<const data::Dataset> set, int count, std::uint64_t seed);

}  // namespace bitloom::cli
