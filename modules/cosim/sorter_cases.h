// SPDX-License-Identifier: Apache-2.0
#pragma once
// The cases of a head's digital sorters, whose transactions are rows.

#include <optional>

#include "cosim/cases.h"
#include "topk/sorter.h"

namespace topkima::cosim {

/// A row that has passed the sorters.
struct SortedRow {
  int winners;                          ///< Of the RTL.
  int sorters;                          ///< Likewise.
  int elements;                         ///< Of each row: columns of the longest sorter.
  int columns;                          ///< Of all sorters together.
  std::vector<int> k;                   ///< Of each sorter.
  std::vector<std::vector<int>> codes;  ///< Of each, of the columns that take part.
  int count;                            ///< Winners of the row.
  Stay stay, before;
  bool waits_in_front;  ///< While results of rows before it waited, too.

  int participants() const;
};

class SorterCases : public CountedCases<SortedRow>, public stage::ServiceObserver {
 public:
  /// Observes `sorter` from now on, which gets its rows from `in_front`. `winners` and `sorters`
  /// are those of the RTL.
  SorterCases(int winners, int sorters, const stage::Clock& clock, stage::Stage& in_front,
              topk::Sorter& sorter);

  void begun(const stage::RowTag& row, const std::vector<unsigned char>& input) override;
  void finished(const stage::RowTag& row, const std::vector<unsigned char>& output) override;
  void taken(const stage::RowTag& row) override;
  void conclude() override;

 private:
  static const Table& cases();

  const stage::Clock& clock_;
  topk::Sorter& sorter_;
  ResultWaits in_front_;
  Waits waits_;
  SortedRow row_{};
  std::optional<stage::RowTag> finished_;  ///< And not taken yet.
};

}  // namespace topkima::cosim
