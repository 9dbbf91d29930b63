// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is found out about the data before a run and programmed into the machine: integer tensors,
// their scales, each head's ramp step and the real value of one code step.

#include <cstdint>
#include <vector>

#include "arith/score.h"
#include "config/machine_config.h"
#include "workload/workload.h"

namespace topkima::workload {

/// Of a head of queries: real value of one integer step of its Q, and of the K and V that it works
/// on; its ramp step and its code's real step.
struct HeadScale {
  double q = 1, k = 1, v = 1;
  int ramp_lsb = 1;
  double score_step = 0;
};

/// Integer rows of all heads, wherever they lie: element i of row r of head h is
/// data[h * head_stride + r * row_stride + i].
struct RowsView {
  const std::int8_t* data;
  std::size_t head_stride, row_stride;
  /// The same rows from element `first` on.
  RowsView from(int first) const { return {data + first, head_stride, row_stride}; }
  const std::int8_t* row(int head, int r) const {
    return data + std::size_t(head) * head_stride + std::size_t(r) * row_stride;
  }
};

/// Exact integer scores of one head of queries over the whole sequence.
class HeadScores {
 public:
  /// `k`: the rows of all heads of K.
  HeadScores(const config::MachineConfig& config, RowsView k, int head)
      : HeadScores(config, k, head, config.score_width()) {}
  /// What the first `width` values of the keys add to the scores.
  HeadScores(const config::MachineConfig& config, RowsView k, int head, int width);
  /// scores [tokens] of `query` [width].
  void of(const std::int8_t* query, std::int32_t* scores) const { keys_.multiply(query, scores); }

 private:
  arith::ScoreMatrix keys_;
};

/// [heads, rows, d_k] of one tensor, quantised per head (or taken as it is; throws DataError for an
/// integer beyond q_max).
struct QuantisedRows {
  std::vector<std::int8_t> values;
  std::vector<double> scales;
};
QuantisedRows quantise_heads(const Tensor& tensor, int q_max, const char* name);

/// [heads, rows, d_k] -> [rows, heads * d_k], as rows travel and lie in token memory.
std::vector<std::int8_t> token_major(const std::vector<std::int8_t>& values, int heads, int d_k);

/// Completes `scales`, whose q, k, v are set: ramp_lsb and score_step, from the parameters or, for
/// `auto`, from the data. Writes what `auto` became back into `settings`.
void calibrate(config::Settings& settings, const config::MachineConfig& config, RowsView q,
               RowsView k, bool integers, std::vector<HeadScale>& scales);

}  // namespace topkima::workload
