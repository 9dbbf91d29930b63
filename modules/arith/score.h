// SPDX-License-Identifier: Apache-2.0
#pragma once
// Scores of single query rows: what the bit lines of a K^T crossbar add up.

#include <cstdint>
#include <vector>

namespace topkima::arith {

/// Keys [d_k, columns], kept in the order that one row at a time is multiplied fastest. (oneDNN is
/// made for many rows; a single one costs it as much as dozens.) Exact for any int8 operands.
class ScoreMatrix {
 public:
  /// `keys` is [d_k, columns] with rows `stride` apart. `query_max`, `key_max`: largest magnitudes
  /// that will occur; they say how many products fit an intermediate sum.
  void load(const std::int8_t* keys, int d_k, int columns, int stride, int query_max, int key_max);

  /// scores [columns] of `query` [d_k].
  void multiply(const std::int8_t* query, std::int32_t* scores) const;

 private:
  int d_k_ = 0, columns_ = 0;
  int rows_at_once_ = 1;            ///< products that 16 bits can add without overflow
  std::vector<std::int16_t> keys_;  ///< [blocks of columns, d_k, columns of a block]
};

}  // namespace topkima::arith
