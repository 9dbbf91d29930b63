// SPDX-License-Identifier: Apache-2.0
#pragma once
// Exact float attention on a workload's own tensors, row by row: what the machine approximates.

#include <cstdint>
#include <vector>

#include "arith/float_attention.h"
#include "arith/mask.h"
#include "workload/workload.h"

namespace topkima::report {

/// What decides the exact attention of a workload, beside its tensors: that of its first sequence,
/// which result files hold.
struct FloatMask {
  double score_scale;
  arith::Mask mask;

  bool operator==(const FloatMask& other) const {
    return score_scale == other.score_scale && mask == other.mask;
  }
};

FloatMask float_mask(const config::MachineConfig& config);

class FloatReference {
 public:
  /// One row: scores q * k without score_scale and their softmax over the participants, and the
  /// attention. Valid until the next call of row().
  struct Row {
    arith::Interval participants;
    const double* scores;  ///< [tokens]
    const double* output;  ///< [d_k]
    double peak, sum;      ///< a probability is exp(score * score_scale - peak) / sum
  };

  /// `workload` must outlive this.
  FloatReference(const workload::Workload& workload, const FloatMask& mask);

  /// Bytes that hold() would take.
  static double size(const config::Shape& shape);
  /// Computes all rows and keeps them, for many comparisons with one workload. Not for integer
  /// tensors, whose score scale is no property of the workload.
  void hold();

  const FloatMask& mask() const { return mask_; }
  /// Rows of `head` follow. `score_scale`: that of the mask, but with integer tensors.
  void begin(int head, double score_scale);
  Row row(int r);
  double probability(const Row& row, int token) const;

 private:
  /// Those of one of `heads` heads in double precision.
  std::vector<double> rows_of(int head, int heads, const workload::Tensor& given,
                              const workload::Tensor& weights) const;
  void load(int head);
  void compute(int r);
  arith::Interval participants_of(int r) const;

  const workload::Workload& workload_;
  FloatMask mask_;
  std::vector<double> x_;
  int head_ = 0;
  double score_scale_ = 0;
  std::vector<double> queries_, keys_, values_;
  std::vector<arith::FloatAttention> attention_;  ///< of the head: none or one
  int first_ = 0, rows_ = 0;                      ///< its rows that are computed

  struct Held {
    std::vector<double> scores, outputs, peaks, sums;
  };
  std::vector<Held> held_;  ///< by head; empty unless kept
};

}  // namespace topkima::report
