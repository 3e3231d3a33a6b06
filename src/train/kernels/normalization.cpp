#include "train/kernels/normalization.h"

#include <omp.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/clones.h"

namespace bitloom::train {
namespace {

constexpr std::int64_t kParts = 64;   ///< rows are cut into so many parts, whatever the number of threads
constexpr std::int64_t kTile = 128;   ///< rows that are summed in float32 before they are added in float64

#define BITLOOM_INLINE [[gnu::always_inline]] inline

BITLOOM_INLINE float load(float value) { return value; }
BITLOOM_INLINE float load(BFloat16 value) { return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16); }

BITLOOM_INLINE void store(float value, float& to) { to = value; }
/// To the nearest, ties to even; what is not a number stays so.
BITLOOM_INLINE void store(float value, BFloat16& to) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
  to.bits = static_cast<std::uint16_t>(value != value ? 0x7FC0u : rounded);
}

template <class T>
BITLOOM_INLINE void add_moments(const T* __restrict x, std::int64_t rows, std::int64_t channels, const float* __restrict origin,
                                float* __restrict sum, float* __restrict squares) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels)
    for (std::int64_t c = 0; c < channels; ++c) {
      const float d = load(x[c]) - origin[c];
      sum[c] += d;
      squares[c] += d * d;
    }
}

BITLOOM_INLINE float bounded(float z, Bounds bounds) {
  const float raised = z < bounds.low ? bounds.low : z;
  return raised > bounds.high ? bounds.high : raised;
}

template <class T>
BITLOOM_INLINE void normalize_rows(const T* __restrict x, std::int64_t rows, std::int64_t channels, const float* __restrict scale,
                                   const float* __restrict shift, Bounds bounds, T* __restrict y) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels, y += channels)
    for (std::int64_t c = 0; c < channels; ++c) store(bounded(load(x[c]) * scale[c] + shift[c], bounds), y[c]);
}

template <class T>
BITLOOM_INLINE void normalize_and_add_rows(const T* __restrict x, std::int64_t rows, std::int64_t channels, const float* __restrict scale,
                                           const float* __restrict shift, const T* __restrict residual, Bounds bounds, T* __restrict y) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels, residual += channels, y += channels)
    for (std::int64_t c = 0; c < channels; ++c) store(bounded(load(x[c]) * scale[c] + shift[c] + load(residual[c]), bounds), y[c]);
}

/// dy where the activation lets it through.
template <class T>
BITLOOM_INLINE float passed(float x, T dy, float scale, float shift, Bounds bounds) {
  const float z = x * scale + shift;
  return z > bounds.low && z < bounds.high ? load(dy) : 0.0f;
}

template <class T>
BITLOOM_INLINE void add_gradient_sums(const T* __restrict x, const T* __restrict dy, std::int64_t rows, std::int64_t channels,
                                      const Normalized& how, float* __restrict g_sum, float* __restrict centred_sum) {
  const float *__restrict scale = how.scale.data(), *__restrict shift = how.shift.data(), *__restrict mean = how.mean.data();
  const Bounds bounds = how.bounds;
  for (std::int64_t r = 0; r < rows; ++r, x += channels, dy += channels)
    for (std::int64_t c = 0; c < channels; ++c) {
      const float value = load(x[c]), g = passed(value, dy[c], scale[c], shift[c], bounds);
      g_sum[c] += g;
      centred_sum[c] += g * (value - mean[c]);
    }
}

template <class T>
BITLOOM_INLINE void residual_gradient_rows(const T* __restrict x, const T* __restrict y, const T* __restrict dy, std::int64_t rows,
                                           std::int64_t channels, const float* __restrict mean, Bounds bounds, T* __restrict g,
                                           float* __restrict g_sum, float* __restrict centred_sum) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels, y += channels, dy += channels, g += channels)
    for (std::int64_t c = 0; c < channels; ++c) {
      const float bound = load(y[c]), upper = load(dy[c]), passed_on = bound > bounds.low && bound < bounds.high ? upper : 0.0f;
      store(passed_on, g[c]);
      g_sum[c] += passed_on;
      centred_sum[c] += passed_on * (load(x[c]) - mean[c]);
    }
}

template <class T>
BITLOOM_INLINE void gradient_rows(const T* __restrict x, const T* __restrict dy, std::int64_t rows, std::int64_t channels, const Normalized& how,
                                  const float* __restrict slope, const float* __restrict offset, T* __restrict dx) {
  const float *__restrict scale = how.scale.data(), *__restrict shift = how.shift.data(), *__restrict mean = how.mean.data();
  const Bounds bounds = how.bounds;
  for (std::int64_t r = 0; r < rows; ++r, x += channels, dy += channels, dx += channels)
    for (std::int64_t c = 0; c < channels; ++c) {
      const float value = load(x[c]), g = passed(value, dy[c], scale[c], shift[c], bounds);
      store(scale[c] * g + (slope[c] * (value - mean[c]) + offset[c]), dx[c]);
    }
}

// The loops above, compiled for each kind of number and several processors: a template cannot be.
#define BITLOOM_LOOPS(T)                                                                                                                        \
  BITLOOM_CLONES void moments_loop(const T* x, std::int64_t rows, std::int64_t channels, const float* origin, float* sum, float* squares) {     \
    add_moments(x, rows, channels, origin, sum, squares);                                                                                       \
  }                                                                                                                                             \
  BITLOOM_CLONES void normalize_loop(const T* x, std::int64_t rows, std::int64_t channels, const float* scale, const float* shift, Bounds b, T* y) { \
    normalize_rows(x, rows, channels, scale, shift, b, y);                                                                                      \
  }                                                                                                                                             \
  BITLOOM_CLONES void normalize_and_add_loop(const T* x, std::int64_t rows, std::int64_t channels, const float* scale, const float* shift,      \
                                             const T* residual, Bounds b, T* y) {                                                               \
    normalize_and_add_rows(x, rows, channels, scale, shift, residual, b, y);                                                                    \
  }                                                                                                                                             \
  BITLOOM_CLONES void residual_loop(const T* x, const T* y, const T* dy, std::int64_t rows, std::int64_t channels, const float* mean, Bounds b, \
                                    T* g, float* g_sum, float* centred) {                                                                       \
    residual_gradient_rows(x, y, dy, rows, channels, mean, b, g, g_sum, centred);                                                               \
  }                                                                                                                                             \
  BITLOOM_CLONES void sums_loop(const T* x, const T* dy, std::int64_t rows, std::int64_t channels, const Normalized& how, float* g, float* c) { \
    add_gradient_sums(x, dy, rows, channels, how, g, c);                                                                                        \
  }                                                                                                                                             \
  BITLOOM_CLONES void gradient_loop(const T* x, const T* dy, std::int64_t rows, std::int64_t channels, const Normalized& how,                   \
                                    const float* slope, const float* offset, T* dx) {                                                           \
    gradient_rows(x, dy, rows, channels, how, slope, offset, dx);                                                                               \
  }
BITLOOM_LOOPS(float)
BITLOOM_LOOPS(BFloat16)
#undef BITLOOM_LOOPS

/// Calls work(first row, one behind the last) for every part, beside each other.
template <class Work>
void for_parts(std::int64_t rows, Work work) {
#pragma omp parallel for schedule(static)
  for (std::int64_t part = 0; part < kParts; ++part)
    if (rows * part / kParts < rows * (part + 1) / kParts) work(part, rows * part / kParts, rows * (part + 1) / kParts);
}

/// Two sums a channel: sum_tile(first row, rows, sums, other sums) adds those of a tile.
template <class SumTile>
void sum_rows(std::int64_t rows, std::int64_t channels, SumTile sum_tile, std::vector<double>& first, std::vector<double>& second) {
  const auto width = static_cast<std::size_t>(channels);
  std::vector<double> parts(2 * width * kParts);
  for_parts(rows, [&](std::int64_t part, std::int64_t begin, std::int64_t end) {
    double* sums = parts.data() + 2 * width * static_cast<std::size_t>(part);
    std::vector<float> tile(2 * width);
    for (std::int64_t r = begin; r < end; r += kTile) {
      std::ranges::fill(tile, 0.0f);
      sum_tile(r, std::min(kTile, end - r), tile.data(), tile.data() + width);
      for (std::size_t c = 0; c < 2 * width; ++c) sums[c] += double{tile[c]};
    }
  });
  first.assign(width, 0);
  second.assign(width, 0);
  for (std::size_t part = 0; part < kParts; ++part)
    for (std::size_t c = 0; c < width; ++c) {
      first[c] += parts[2 * width * part + c];
      second[c] += parts[2 * width * part + width + c];
    }
}

}  // namespace

/// Sums distances from the first row, so that a mean far from 0 costs no digits.
template <class T>
Moments moments(Rows<const T> x) {
  std::vector<float> origin(static_cast<std::size_t>(x.channels));
  std::transform(x.data, x.data + x.channels, origin.begin(), [](T value) { return load(value); });
  Moments result;
  sum_rows(
      x.rows, x.channels,
      [&](std::int64_t row, std::int64_t rows, float* sum, float* squares) {
        moments_loop(x.data + row * x.channels, rows, x.channels, origin.data(), sum, squares);
      },
      result.mean, result.variance);
  const auto n = static_cast<double>(x.rows);
  for (std::size_t c = 0; c < origin.size(); ++c) {
    const double distance = result.mean[c] / n;
    result.variance[c] = std::max(0.0, result.variance[c] / n - distance * distance);
    result.mean[c] = double{origin[c]} + distance;
  }
  return result;
}

template <class T>
void normalize(Rows<const T> x, std::span<const float> scale, std::span<const float> shift, const T* residual, Bounds bounds, T* y) {
  for_parts(x.rows, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    const std::int64_t at = begin * x.channels, rows = end - begin;
    if (residual)
      normalize_and_add_loop(x.data + at, rows, x.channels, scale.data(), shift.data(), residual + at, bounds, y + at);
    else
      normalize_loop(x.data + at, rows, x.channels, scale.data(), shift.data(), bounds, y + at);
  });
}

template <class T>
GradientSums gradient_sums(Rows<const T> x, const T* dy, const Normalized& how) {
  GradientSums result;
  sum_rows(
      x.rows, x.channels,
      [&](std::int64_t row, std::int64_t rows, float* g, float* centred) {
        sums_loop(x.data + row * x.channels, dy + row * x.channels, rows, x.channels, how, g, centred);
      },
      result.g, result.g_centred);
  return result;
}

template <class T>
GradientSums residual_gradient(Rows<const T> x, const T* y, const T* dy, const Normalized& how, T* g) {
  GradientSums result;
  sum_rows(
      x.rows, x.channels,
      [&](std::int64_t row, std::int64_t rows, float* sum, float* centred) {
        const std::int64_t at = row * x.channels;
        residual_loop(x.data + at, y + at, dy + at, rows, x.channels, how.mean.data(), how.bounds, g + at, sum, centred);
      },
      result.g, result.g_centred);
  return result;
}

template <class T>
void input_gradient(Rows<const T> x, const T* dy, const Normalized& how, std::span<const float> slope, std::span<const float> offset, T* dx) {
  for_parts(x.rows, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    const std::int64_t at = begin * x.channels;
    gradient_loop(x.data + at, dy + at, end - begin, x.channels, how, slope.data(), offset.data(), dx + at);
  });
}

#define BITLOOM_INSTANCES(T)                                                                                                    \
  template Moments moments(Rows<const T>);                                                                                      \
  template void normalize(Rows<const T>, std::span<const float>, std::span<const float>, const T*, Bounds, T*);                 \
  template GradientSums gradient_sums(Rows<const T>, const T*, const Normalized&);                                              \
  template GradientSums residual_gradient(Rows<const T>, const T*, const T*, const Normalized&, T*);                            \
  template void input_gradient(Rows<const T>, const T*, const Normalized&, std::span<const float>, std::span<const float>, T*);
BITLOOM_INSTANCES(float)
BITLOOM_INSTANCES(BFloat16)
#undef BITLOOM_INSTANCES

}  // namespace bitloom::train
