// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a sequence's columns, and k, are shared out over a head's crossbars (sub-top-k).

#include <vector>

namespace topkima::arith {

/// Full crossbars of `columns` columns, then the rest: (384, 256) -> {256, 128}. tokens >= 1.
std::vector<int> auto_split(int tokens, int columns);

/// The fewest crossbars of `columns` columns, among which the tokens go round: (385, 256) -> {193,
/// 192}. tokens >= 1.
std::vector<int> even_split(int tokens, int columns);

/// Shares k out in proportion to each crossbar's participants by largest remainder, ties to the
/// lower crossbar, at least 1 where there are participants, else 0: (5, {256, 128}) -> {3, 2}, (5,
/// {100, 0}) -> {5, 0}. The sum may exceed k.
std::vector<int> share_out(int k, const std::vector<int>& participants);

/// The same for a row in which all columns take part, and at least 1 for every crossbar: what each
/// counter's k is where it does not follow the row. ({256, 128}, 5) -> {3, 2}.
std::vector<int> auto_sub_k(const std::vector<int>& split, int k);

}  // namespace topkima::arith
