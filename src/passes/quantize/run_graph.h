#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ir/graph.h"

/// How passes learn what the values of a network are on calibration images. They do not know what computes it: the operators' references,
/// unless something faster is handed in (eval/run_on_engine.h).
namespace bitloom {

/// Feeds calibration images: calls the argument once per image with a float input of the graph. It may be asked more than once, and gives the
/// same images in the same order.
using CalibrationImages = std::function<void(const std::function<void(const Tensor& input)>& use)>;

/// What the values asked for were on some images in a row: an entry for each image, with a tensor for each value.
using ObservedBatch = std::span<const std::vector<Tensor>>;
using Observe = std::function<void(ObservedBatch batch)>;

/// Computes `values`, inputs of the graph or of its nodes' making, on all images, and hands them on in order; the batch is gone after the call.
/// What no value depends on is not computed.
/// @throws InputError naming graph, value and image where anything computed is NaN or infinite
using RunGraph = std::function<void(const Graph& graph, const std::vector<const Value*>& values, const CalibrationImages& images,
                                    const Observe& observe)>;

/// RunGraph on the operators' references, an image at a time.
void run_on_reference(const Graph& graph, const std::vector<const Value*>& values, const CalibrationImages& images, const Observe& observe);

/// The part of `graph` that computes `values`, which are its outputs.
Graph part_that_computes(const Graph& graph, const std::vector<const Value*>& values);

std::optional<float> first_not_finite(std::span<const float> values);

/// The error that a RunGraph throws. @param where  of the value, as where_of gives it
[[noreturn]] void refuse_not_finite(const std::string& where, float x, std::int64_t image);

/// "net: node 'conv1' (Conv2d)" or "net: input 'image'".
std::string where_of(const Graph& graph, const Value& value);

}  // namespace bitloom
