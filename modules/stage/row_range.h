// SPDX-License-Identifier: Apache-2.0
#pragma once
// How the rows of heads are numbered, and some of them by their numbers.

#include <cstdint>
#include <string>

#include "stage/row_tag.h"

namespace topkima::stage {

/// How the rows of a run are numbered: (sequence * heads + head) * rows + row. So many neighbouring
/// heads take turns in a chain.
struct RowNumbers {
  std::uint64_t heads = 1, rows = 1, heads_per_chain = 1;

  std::uint64_t chains() const { return heads / heads_per_chain; }
  std::uint64_t chain_of(const RowTag& row) const { return row.head / heads_per_chain; }

  RowTag tag(std::uint64_t id) const {
    RowTag tag;
    tag.row = static_cast<std::uint32_t>(id % rows);
    tag.head = static_cast<std::uint16_t>(id / rows % heads);
    tag.sequence = static_cast<std::uint32_t>(id / rows / heads);
    tag.id = id;
    return tag;
  }
};

/// Row ids from first to last, both included, of all heads or of one.
struct RowRange {
  static constexpr int of_all = -1;

  std::uint64_t first, last;
  int only_head = of_all;

  bool holds(const RowTag& row) const {
    return first <= row.id && row.id <= last && (only_head == of_all || row.head == only_head);
  }
  /// Whether one of these is the row of some head that has the sequence and row of `token`.
  bool comes_from(const RowTag& token, const RowNumbers& numbers) const;
  /// Whether one of these is a row of `head`.
  bool has_head(std::uint64_t head, const RowNumbers& numbers) const;
  /// Whether one of these is a row of a head in `chain`.
  bool has_chain(std::uint64_t chain, const RowNumbers& numbers) const;
};

/// Throws ConfigError, with `what` and the rows that there are, unless `sequences` sequences have a
/// row `id`.
void expect_row(std::uint64_t id, const RowNumbers& numbers, std::uint64_t sequences,
                const std::string& what);

}  // namespace topkima::stage
