// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the parts of resolving a machine's configuration share. Included by them alone.

#include <initializer_list>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "config/machine_config.h"

namespace topkima::config {

inline std::string text(long long value) { return std::to_string(value); }

using Numbers = std::initializer_list<std::pair<const char*, long long>>;

/// "; crossbar.rows = 320 or score.key_cells = 2 would fit": what a refused machine could have
/// instead: numbers as far as the parameters' ranges allow them, and words.
std::string would_fit(Numbers numbers, const std::vector<std::string>& words = {});

/// A parameter whose `word` becomes `otherwise`.
int integer_or(Settings& settings, const std::string& name, const char* word, int otherwise);

/// Entries of the exponent table.
constexpr long long most_distances = 4096;

/// Calls `look` with the sequence and number of every row whose mask may be another.
template <typename Look>
void for_every_row(const MachineConfig& config, Look look) {
  for (std::size_t sequence = 0; sequence < config.attention.mask.different(); ++sequence)
    for (int row = 0; row < config.shape.query_rows; ++row) look(std::int64_t(sequence), row);
}

template <typename Numbers>
long long sum_of(const Numbers& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0LL);
}

/// Columns, winners and the counters that select them: sections topk, ima and sort. The score and
/// the mask are resolved before.
void resolve_selection(Settings& settings, MachineConfig& config);

}  // namespace topkima::config
