// SPDX-License-Identifier: Apache-2.0
#pragma once
// Attention in double precision: what the modelled machine approximates. Arithmetic is done in a
// fixed order, so that a result has the same bits whatever the compiler's choice of vectors and
// whatever is computed together.

#include <cstddef>
#include <vector>

#include "arith/mask.h"

namespace topkima::arith {

/// A right operand B [depth, columns] of products in double precision, laid out in strips of
/// columns whose sums stay in registers.
class FloatColumns {
 public:
  FloatColumns(int depth, int columns);

  double& at(int d, int column);

  /// C [rows, columns] = A [rows, depth] * B, of the first `depth` and the first `columns` alone.
  /// Each sum is taken from 0 over d = 0, 1, ... . `a_stride`, `c_stride`: from row to row; columns
  /// of C up to the next multiple of `strip` are overwritten, too, and must be there.
  void multiply(const double* a, int a_stride, int rows, int depth, int columns, double* c,
                int c_stride) const;

  static constexpr int strip = 8;
  /// `columns`, rounded up to whole strips.
  static constexpr int padded(int columns) { return (columns + strip - 1) / strip * strip; }

 private:
  int depth_;
  std::vector<double> values_;  ///< [strips, depth, strip]
};

/// One head's exact attention, some rows at a time.
class FloatAttention {
 public:
  /// Most queries that are computed together.
  static constexpr int most_rows = 16;

  /// `keys` and `values` are [tokens, d_k]; `score_scale` multiplies q * k before the softmax.
  FloatAttention(const double* keys, const double* values, int tokens, int d_k, double score_scale);

  /// Attention of 1 to most_rows queries [count, d_k], each over the tokens in participants[i].
  void rows(const double* queries, int count, const Interval* participants);

  // Of query i of the last call of rows():
  /// Scores q * k without score_scale, [tokens]; zeros where a token takes no part.
  const double* scores(int i) const { return scores_.data() + std::size_t(i) * stride_; }
  /// [d_k]; zeros when there are no participants.
  const double* output(int i) const { return outputs_.data() + std::size_t(i) * width_; }
  /// A participant's probability is exp(score * score_scale - peak) / sum.
  double peak(int i) const { return peaks_[i]; }
  double sum(int i) const { return sums_[i]; }

 private:
  void weigh(int i, Interval participants);

  int d_k_;
  std::size_t stride_, width_;  ///< of scores and weights, and of outputs, from row to row
  double score_scale_;
  FloatColumns keys_, values_;
  std::vector<double> scores_, weights_, outputs_;
  double peaks_[most_rows] = {}, sums_[most_rows] = {};
};

/// C [rows, columns] = A [rows, depth] * B [depth, columns] in double precision.
void multiply(const double* a, const double* b, int rows, int depth, int columns, double* c);

}  // namespace topkima::arith
