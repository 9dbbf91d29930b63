// SPDX-License-Identifier: Apache-2.0
#pragma once
// How long every row of every head took, stage by stage, and what is usual: rows.csv, the report's
// percentiles, and what a row's story is compared with.

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "config/machine_config.h"
#include "stage/ledger.h"
#include "stage/row_range.h"

namespace topkima::report {

/// How many rows took how many cycles.
class Spread {
 public:
  void add(std::int64_t cycles);

  std::int64_t rows() const { return rows_; }
  double mean() const { return rows_ == 0 ? 0 : double(sum_) / double(rows_); }
  /// The fewest cycles that at least `share` of the rows do not exceed; 0 without rows.
  std::int64_t quantile(double share) const;
  /// Share of the rows that took fewer cycles.
  double share_below(std::int64_t cycles) const;

 private:
  static constexpr std::size_t most_dense = 4096;

  std::vector<std::int64_t> dense_;              ///< rows by cycles, where these are few
  std::map<std::int64_t, std::int64_t> sparse_;  ///< the others
  std::int64_t rows_ = 0, sum_ = 0;
};

/// What a row did in a stage, in cycles: waited in its queue, was served, was held up by the next.
enum class RowPart { waited, busy, blocked };
constexpr std::array row_parts{RowPart::waited, RowPart::busy, RowPart::blocked};
const char* name_of(RowPart part);

/// What was found out about all rows.
struct RowTable {
  using Cycles = std::array<std::int64_t, row_parts.size()>;
  struct Line {
    std::int64_t arrived = 0, left = 0;
    std::vector<Cycles> cycles;  ///< by stage
  };

  std::vector<std::string> stages;  ///< kinds of a head, as rows pass them
  /// From the arrival at the head's first stage until it has left the last, over all rows of all
  /// heads and sequences.
  Spread whole;
  std::vector<std::array<Spread, row_parts.size()>> parts;  ///< by stage, likewise
  std::vector<Line> lines;                                  ///< of the first sequence, by id
  stage::RowNumbers numbers;

  /// Null for a kind that no head has.
  const Spread* of(const std::string& kind, RowPart part) const;
  /// rows.csv (docs/files.md).
  std::string csv() const;
};

class RowTimes : public stage::LedgerObserver {
 public:
  /// Observes `ledger`, which has the stages of all heads, from now on.
  RowTimes(const config::MachineConfig& config, stage::Ledger& ledger);

  /// The run has ended in `cycle`: what is still on its way out of a stage leaves it there. Who
  /// hands on in the middle of a cycle may come to that too late.
  const RowTable& finish(std::int64_t cycle);

  void entered(stage::StageId stage, stage::Activity activity, const stage::RowTag& row,
               std::int64_t cycle) override;
  void queued(stage::StageId stage, const stage::RowTag& row, int rows,
              std::int64_t cycle) override;

 private:
  /// A row on its way through a stage.
  struct Stay {
    std::uint64_t id;
    std::int64_t arrived;
    RowTable::Cycles cycles;
    bool served;
  };
  struct Place {
    int step = -1;  ///< which stage of a head; -1: none
    std::deque<Stay> stays;
    stage::Activity activity = stage::Activity::starved;
    std::int64_t since = 0;  ///< when that began
  };

  static void book(Place& place, std::int64_t cycle);
  void leave(Place& place, std::int64_t cycle);

  RowTable table_;
  std::vector<Place> places_;                      ///< by stage
  std::map<std::uint64_t, std::int64_t> entered_;  ///< a head, by row: when
};

}  // namespace topkima::report
