#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

/// Batch normalization of rows whose channels lie beside each other, with the activation behind it, in as few passes over memory as there can
/// be: LibTorch's own operators take half as many again. Plain C++; sums are made in an order that no number of threads changes.
///
///   z = (x - mean) * inverse * gamma + beta [+ r],  y = min(max(z, low), high)        arXiv:1502.03167, algorithm 1
///
/// with r what a residual connection adds.
namespace bitloom::train {

/// A bfloat16 number by its bits: the upper half of a float32.
struct BFloat16 {
  std::uint16_t bits;
};

/// What the activation behind a normalization leaves alone; the gradient passes strictly between them.
struct Bounds {
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();

  bool operator==(const Bounds&) const = default;
  bool are_there() const { return *this != Bounds{}; }
};

/// Rows x channels.
template <class T>
struct Rows {
  T* data;
  std::int64_t rows, channels;
};

/// Of each channel over the rows.
struct Moments {
  std::vector<double> mean, variance;  ///< variance: divided by the number of rows
};

template <class T>
Moments moments(Rows<const T> x);

/// y = min(max(x * scale + shift [+ r], low), high), with a scale and a shift of each channel.
/// @param residual  r, rows x channels; null: nothing is added
template <class T>
void normalize(Rows<const T> x, std::span<const float> scale, std::span<const float> shift, const T* residual, Bounds bounds, T* y);

/// Over the rows, with g = dy where x * scale + shift lies inside the bounds and 0 elsewhere.
struct GradientSums {
  std::vector<double> g;          ///< sum of g
  std::vector<double> g_centred;  ///< sum of g * (x - mean)
};

/// What `normalize` was given, and the mean of each channel.
struct Normalized {
  std::span<const float> scale, shift, mean;
  Bounds bounds;
};

template <class T>
GradientSums gradient_sums(Rows<const T> x, const T* dy, const Normalized& how);

/// The same sums behind a residual connection, where it is y that tells what lies inside the bounds. Stores g, which is r's gradient.
template <class T>
GradientSums residual_gradient(Rows<const T> x, const T* y, const T* dy, const Normalized& how, T* g);

/// dx = scale * g + slope * (x - mean) + offset, with a slope and an offset of each channel.
template <class T>
void input_gradient(Rows<const T> x, const T* dy, const Normalized& how, std::span<const float> slope, std::span<const float> offset, T* dx);

}  // namespace bitloom::train
