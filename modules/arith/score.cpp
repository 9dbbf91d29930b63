// SPDX-License-Identifier: Apache-2.0
#include "arith/score.h"

#include <algorithm>
#include <cstring>

#include "arith/fixed_point.h"

namespace topkima::arith {
namespace {

constexpr int lanes = 16, vectors = 8, block = lanes * vectors;

/// GCC's portable vectors: one register of AVX2 or two of SSE2. The sums of a block stay in
/// registers.
using Vector = std::int16_t __attribute__((vector_size(2 * lanes), aligned(2), may_alias));

/// Sums the products of `rows` word lines over one block of columns, on top of `sums` or anew.
TOPKIMA_SIMD_CLONES
void add_word_lines(const std::int8_t* query, const std::int16_t* keys, int rows, bool anew,
                    std::int32_t* sums) {
  Vector sum[vectors] = {};
  for (int i = 0; i < rows; ++i) {
    const std::int16_t value = query[i];
    const Vector q = value - Vector{};  // in every lane
    const auto* line = reinterpret_cast<const Vector*>(keys + std::ptrdiff_t{i} * block);
    for (int v = 0; v < vectors; ++v) sum[v] += q * line[v];
  }
  std::int16_t narrow[block];
  std::memcpy(narrow, sum, sizeof narrow);
  if (anew)
    for (int c = 0; c < block; ++c) sums[c] = narrow[c];
  else
    for (int c = 0; c < block; ++c) sums[c] += narrow[c];
}

}  // namespace

void ScoreMatrix::load(const std::int8_t* keys, int d_k, int columns, int stride, int query_max,
                       int key_max) {
  d_k_ = d_k;
  columns_ = columns;
  rows_at_once_ = std::max(1, INT16_MAX / std::max(1, query_max * key_max));
  const auto blocks = std::size_t(ceil_div(columns, block));
  keys_.assign(blocks * std::size_t(d_k) * block, 0);
  for (std::size_t b = 0; b < blocks; ++b) {
    const int first = static_cast<int>(b) * block, count = std::min(block, columns - first);
    for (int i = 0; i < d_k; ++i) {
      const std::int8_t* line = keys + std::ptrdiff_t{i} * stride + first;
      std::copy(line, line + count, keys_.begin() + std::ptrdiff_t((b * d_k + i) * block));
    }
  }
}

void ScoreMatrix::multiply(const std::int8_t* query, std::int32_t* scores) const {
  const std::int16_t* keys = keys_.data();
  for (int first = 0; first < columns_; first += block) {
    const bool whole = columns_ - first >= block;
    std::int32_t rest[block];
    std::int32_t* sums = whole ? scores + first : rest;
    for (int i = 0; i < d_k_; i += rows_at_once_) {
      const int rows = std::min(rows_at_once_, d_k_ - i);
      add_word_lines(query + i, keys, rows, i == 0, sums);
      keys += std::ptrdiff_t{rows} * block;
    }
    if (!whole) std::copy_n(rest, columns_ - first, scores + first);
  }
}

}  // namespace topkima::arith
