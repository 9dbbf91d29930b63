// SPDX-License-Identifier: Apache-2.0
#include "arith/float_attention.h"

#include <algorithm>
#include <cmath>

#include "arith/fixed_point.h"

namespace topkima::arith {
namespace {

// Adds factor * row element by element: no sum is reassociated, so vector code gives equal bits.
TOPKIMA_SIMD_CLONES
void add_scaled(const double* row, double factor, int count, double* sum) {
  for (int i = 0; i < count; ++i) sum[i] += factor * row[i];
}

}  // namespace

FloatAttention::FloatAttention(const double* keys, const double* values, int tokens, int d_k,
                               double score_scale)
    : tokens_(tokens), d_k_(d_k), score_scale_(score_scale), values_(values) {
  keys_.resize(std::size_t(tokens) * d_k);
  for (int t = 0; t < tokens; ++t)
    for (int i = 0; i < d_k; ++i)
      keys_[std::size_t(i) * tokens + t] = keys[std::size_t(t) * d_k + i];
  scores_.resize(std::size_t(tokens));
  weights_.resize(std::size_t(tokens));
}

void FloatAttention::row(const double* query, int participants, double* output) {
  std::fill_n(output, d_k_, 0.0);
  std::fill(scores_.begin(), scores_.end(), 0.0);
  peak_ = 0;
  sum_ = 1;
  if (participants == 0) return;
  for (int i = 0; i < d_k_; ++i)
    add_scaled(keys_.data() + std::size_t(i) * tokens_, query[i], participants, scores_.data());
  const double largest = *std::max_element(scores_.begin(), scores_.begin() + participants);
  const double smallest = *std::min_element(scores_.begin(), scores_.begin() + participants);
  peak_ = score_scale_ * (score_scale_ >= 0 ? largest : smallest);
  sum_ = 0;
  for (int t = 0; t < participants; ++t) {
    weights_[std::size_t(t)] = std::exp(scores_[std::size_t(t)] * score_scale_ - peak_);
    sum_ += weights_[std::size_t(t)];
  }
  for (int t = 0; t < participants; ++t)
    add_scaled(values_ + std::size_t(t) * d_k_, weights_[std::size_t(t)], d_k_, output);
  for (int i = 0; i < d_k_; ++i) output[i] /= sum_;
}

void multiply(const double* a, const double* b, int rows, int depth, int columns, double* c) {
  for (int r = 0; r < rows; ++r) {
    double* sums = c + std::size_t(r) * columns;
    std::fill_n(sums, columns, 0.0);
    for (int d = 0; d < depth; ++d)
      add_scaled(b + std::size_t(d) * columns, a[std::size_t(r) * depth + d], columns, sums);
  }
}

}  // namespace topkima::arith
