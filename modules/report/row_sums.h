// SPDX-License-Identifier: Apache-2.0
#pragma once
// What conversion and selection took, summed over the rows of all sequences.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "stage/link.h"

namespace topkima::report {

class RowSums {
 public:
  /// `rows` of a sequence, of all heads.
  RowSums(std::size_t rows, std::size_t crossbars)
      : slowest_(rows), crossbar_steps_(crossbars), crossbar_rows_(crossbars) {}

  /// Adds a conversion of `row`, whose conversions for one sequence all come before those for the
  /// next.
  void add(std::size_t row, const stage::ConversionRecord& record) {
    crossbar_steps_[std::size_t(record.crossbar)] += record.steps;
    ++crossbar_rows_[std::size_t(record.crossbar)];
    Slowest& slowest = slowest_[row];
    if (slowest.sequence != record.tag.sequence) {
      steps_ += slowest.steps;
      cycles_ += slowest.cycles;
      slowest = {record.tag.sequence, 0, 0};
    }
    slowest.steps = std::max(slowest.steps, record.steps);
    slowest.cycles = std::max(slowest.cycles, record.cycles);
  }
  void add_winners(int count) { winners_ += count; }

  /// Ramp steps, cycles of the slowest crossbar of each row.
  std::int64_t steps() const { return sum(steps_, &Slowest::steps); }
  std::int64_t cycles() const { return sum(cycles_, &Slowest::cycles); }
  const std::vector<std::int64_t>& crossbar_steps() const { return crossbar_steps_; }
  /// Rows for which each crossbar was live.
  const std::vector<std::int64_t>& crossbar_rows() const { return crossbar_rows_; }
  std::int64_t winners() const { return winners_; }

 private:
  struct Slowest {
    std::uint32_t sequence = 0;
    std::int32_t steps = 0, cycles = 0;
  };

  /// The sum with the rows that another sequence may still follow.
  std::int64_t sum(std::int64_t total, std::int32_t Slowest::*member) const {
    for (const auto& slowest : slowest_) total += slowest.*member;
    return total;
  }

  std::vector<Slowest> slowest_;  ///< crossbar of each row, in its last sequence
  std::int64_t steps_ = 0, cycles_ = 0, winners_ = 0;
  std::vector<std::int64_t> crossbar_steps_, crossbar_rows_;
};

}  // namespace topkima::report
