// SPDX-License-Identifier: Apache-2.0
#include "arith/float_attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "arith/fixed_point.h"

namespace topkima::arith {
namespace {

constexpr int strip = FloatColumns::strip;

/// A vector of which the compiler makes as many registers as the machine needs.
using Lanes [[gnu::vector_size(4 * sizeof(double))]] = double;
constexpr int lanes = sizeof(Lanes) / sizeof(double), vectors = strip / lanes;

/// Some rows of A times a strip; no sum is reassociated.
template <int rows>
[[gnu::always_inline]] inline void multiply_strip(const double* a, std::ptrdiff_t a_stride,
                                                  const double* b, int depth, double* c,
                                                  std::ptrdiff_t c_stride) {
  Lanes sums[rows][vectors] = {};
  for (int d = 0; d < depth; ++d, b += strip)
    for (int v = 0; v < vectors; ++v) {
      Lanes values;
      std::memcpy(&values, b + v * lanes, sizeof values);
      for (int r = 0; r < rows; ++r) sums[r][v] += a[r * a_stride + d] * values;
    }
  for (int r = 0; r < rows; ++r) std::memcpy(c + r * c_stride, sums[r], sizeof sums[r]);
}

/// `b`: strips of `b_depth` rows each, of which `depth` count.
TOPKIMA_SIMD_CLONES
void multiply_strips(const double* a, std::ptrdiff_t a_stride, int rows, const double* b,
                     int b_depth, int depth, int strips, double* c, std::ptrdiff_t c_stride) {
  constexpr int at_once = 4;
  int r = 0;
  for (; r + at_once <= rows; r += at_once)
    for (int s = 0; s < strips; ++s)
      multiply_strip<at_once>(a + r * a_stride, a_stride, b + std::ptrdiff_t{s} * b_depth * strip,
                              depth, c + r * c_stride + std::ptrdiff_t{s} * strip, c_stride);
  for (; r < rows; ++r)
    for (int s = 0; s < strips; ++s)
      multiply_strip<1>(a + r * a_stride, a_stride, b + std::ptrdiff_t{s} * b_depth * strip, depth,
                        c + r * c_stride + std::ptrdiff_t{s} * strip, c_stride);
}

}  // namespace

FloatColumns::FloatColumns(int depth, int columns)
    : depth_(depth), values_(std::size_t(depth) * std::size_t(padded(columns))) {}

double& FloatColumns::at(int d, int column) {
  return values_[(std::size_t(column / strip) * std::size_t(depth_) + std::size_t(d)) * strip +
                 std::size_t(column % strip)];
}

void FloatColumns::multiply(const double* a, int a_stride, int rows, int depth, int columns,
                            double* c, int c_stride) const {
  multiply_strips(a, a_stride, rows, values_.data(), depth_, depth, padded(columns) / strip, c,
                  c_stride);
}

FloatAttention::FloatAttention(const double* keys, const double* values, int tokens, int d_k,
                               double score_scale)
    : d_k_(d_k),
      stride_(std::size_t(FloatColumns::padded(tokens))),
      width_(std::size_t(FloatColumns::padded(d_k))),
      score_scale_(score_scale),
      keys_(d_k, tokens),
      values_(tokens, d_k),
      scores_(most_rows * stride_),
      weights_(most_rows * stride_),
      outputs_(most_rows * width_) {
  for (int t = 0; t < tokens; ++t)
    for (int i = 0; i < d_k; ++i, ++keys, ++values) {
      keys_.at(i, t) = *keys;
      values_.at(t, i) = *values;
    }
}

void FloatAttention::rows(const double* queries, int count, const Interval* participants) {
  int most = 0;
  for (int i = 0; i < count; ++i) most = std::max(most, participants[i].end);
  const int stride = static_cast<int>(stride_), width = static_cast<int>(width_);
  keys_.multiply(queries, d_k_, count, d_k_, most, scores_.data(), stride);
  for (int i = 0; i < count; ++i) weigh(i, participants[i]);
  values_.multiply(weights_.data(), stride, count, most, d_k_, outputs_.data(), width);
  for (int i = 0; i < count; ++i)
    for (int j = 0; j < d_k_; ++j) outputs_[std::size_t(i) * width_ + std::size_t(j)] /= sums_[i];
}

/// The weights of query i, zero for who takes no part: such a product changes no sum.
void FloatAttention::weigh(int i, Interval participants) {
  double* scores = scores_.data() + std::size_t(i) * stride_;
  double* weights = weights_.data() + std::size_t(i) * stride_;
  const auto [first, end] = participants;
  for (double* values : {scores, weights}) {
    std::fill(values, values + first, 0.0);
    std::fill(values + end, values + stride_, 0.0);
  }
  peaks_[i] = 0;
  sums_[i] = 1;
  if (participants.size() == 0) return;
  const double extreme = score_scale_ >= 0 ? *std::max_element(scores + first, scores + end)
                                           : *std::min_element(scores + first, scores + end);
  peaks_[i] = score_scale_ * extreme;
  double sum = 0;
  for (int t = first; t < end; ++t) {
    weights[t] = std::exp(scores[t] * score_scale_ - peaks_[i]);
    sum += weights[t];
  }
  sums_[i] = sum;
}

void multiply(const double* a, const double* b, int rows, int depth, int columns, double* c) {
  FloatColumns strips(depth, columns);
  for (int d = 0; d < depth; ++d)
    for (int j = 0; j < columns; ++j, ++b) strips.at(d, j) = *b;
  const int stride = FloatColumns::padded(columns);
  std::vector<double> sums(std::size_t(rows) * std::size_t(stride));
  strips.multiply(a, depth, rows, depth, columns, sums.data(), stride);
  for (int r = 0; r < rows; ++r)
    std::copy_n(sums.data() + std::ptrdiff_t{r} * stride, columns, c + std::ptrdiff_t{r} * columns);
}

}  // namespace topkima::arith
