// SPDX-License-Identifier: Apache-2.0
#pragma once
// Crossbars of a head, for tests of its blocks.

#include <numeric>
#include <vector>

#include "arith/column_map.h"

namespace topkima::testbenches {

/// Crossbars that are full, one after the other.
inline arith::ColumnMap blocked(const std::vector<int>& columns) {
  return arith::ColumnMap::blocked(columns, std::accumulate(columns.begin(), columns.end(), 0));
}

}  // namespace topkima::testbenches
