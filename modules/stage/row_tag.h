// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who a row is: the one name that transactions, accounts, waveforms, timeline and results share.

#include <cstdint>

namespace topkima::stage {

/// Identity of one query row of one head. `id` is unique in a run and the same in every observer:
/// (sequence * heads + head) * rows + row. Rows on their way to the heads (of X, K or V, or of Q
/// before the distributor) are tokens of no single head: they carry `no_id`.
struct RowTag {
  static constexpr std::uint64_t no_id = ~std::uint64_t{0};

  std::uint32_t sequence = 0;
  std::uint16_t head = 0;
  std::uint32_t row = 0;
  std::uint64_t id = no_id;

  bool of_head() const { return id != no_id; }
  /// Where `heads` neighbouring heads take turns: the row's among them.
  std::uint32_t member(std::uint32_t heads) const { return head % heads; }
  /// And the row's number among all that take turns: those of one row in the order of heads, then
  /// the next row's.
  std::uint32_t turn(std::uint32_t heads) const { return row * heads + member(heads); }
};

}  // namespace topkima::stage
