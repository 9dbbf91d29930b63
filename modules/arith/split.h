// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a sequence's columns, and k, are shared out over a head's crossbars (sub-top-k).

#include <vector>

namespace topkima::arith {

/// Full crossbars of `columns` columns, then the rest: (384, 256) -> {256, 128}. tokens >= 1.
std::vector<int> auto_split(int tokens, int columns);

/// Shares k out in proportion to the columns by largest remainder, at least 1 each, ties to the
/// lower crossbar: ({256, 128}, 5) -> {3, 2}. The sum may exceed k.
std::vector<int> auto_sub_k(const std::vector<int>& split, int k);

}  // namespace topkima::arith
