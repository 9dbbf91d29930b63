// SPDX-License-Identifier: Apache-2.0
#pragma once
// Attention in double precision: what the modelled machine approximates.

#include <vector>

namespace topkima::arith {

/// One head's exact attention, row by row. Arithmetic is done in a fixed order, so that the result
/// has the same bits whatever the compiler's choice of vectors.
class FloatAttention {
 public:
  /// `keys` and `values` are [tokens, d_k]; `score_scale` multiplies q * k before the softmax.
  FloatAttention(const double* keys, const double* values, int tokens, int d_k, double score_scale);

  /// Attention of one query over the first `participants` tokens; zeros when there are none.
  void row(const double* query, int participants, double* output);

  /// The scores q * k (without score_scale) of the last row.
  const std::vector<double>& scores() const { return scores_; }
  /// The last row's softmax: a participant's probability is exp(score * score_scale - peak) / sum.
  double peak() const { return peak_; }
  double sum() const { return sum_; }

 private:
  int tokens_, d_k_;
  double score_scale_;
  std::vector<double> keys_;  ///< [d_k, tokens]
  const double* values_;
  std::vector<double> scores_, weights_;
  double peak_ = 0, sum_ = 1;
};

/// C [rows, columns] = A [rows, depth] * B [depth, columns] in double precision.
void multiply(const double* a, const double* b, int rows, int depth, int columns, double* c);

}  // namespace topkima::arith
