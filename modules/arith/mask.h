// SPDX-License-Identifier: Apache-2.0
#pragma once
// Masks: which tokens take part in a row of Q (docs/hardware.md, section 7). It is one interval of
// tokens for each row, so that two registers of a row hold it.

#include <cstdint>
#include <vector>

namespace topkima::arith {

/// Neighbouring tokens or columns, `first` <= t < `end`; empty where `end` is not above `first`.
struct Interval {
  int first = 0, end = 0;

  int size() const { return end > first ? end - first : 0; }
  bool holds(int t) const { return first <= t && t < end; }
  /// Those of them that `part` holds, counted from where that begins.
  Interval within(const Interval& part) const;

  bool operator==(const Interval& other) const { return first == other.first && end == other.end; }
  bool operator!=(const Interval& other) const { return !(*this == other); }
};

struct Mask {
  /// Entries of each list that a head's mask unit holds.
  static constexpr int most_entries = 1024;

  int tokens = 0;  ///< of a sequence
  /// Tokens from there on are padding, and those before. One entry for all sequences, or one per
  /// sequence; 0 .. tokens.
  std::vector<int> valid_tokens{0}, first_valid{0};
  bool causal = false;  ///< tokens behind the row's position take no part
  int window = 0;       ///< the row's position and so many less one before it, and without `causal`
                        ///< behind it as well; 0: no window
  /// Where each of the sequences ends that are packed into one, ascending; empty: none are.
  std::vector<int> segment_ends{};
  int first_row = 0;  ///< position of row 0 of Q

  /// The tokens that take part in a row.
  Interval of(std::int64_t sequence, std::int64_t row) const;
  /// All tokens take part in every row.
  bool is_dense() const;
  /// For how many sequences it says different things; they are alike when it is 1.
  std::size_t different() const;

  bool operator==(const Mask& other) const;
  bool operator!=(const Mask& other) const { return !(*this == other); }
};

}  // namespace topkima::arith
