// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the slots of a head's tokens lie in its crossbars (docs/hardware.md, section 7): slot s is
// column (s - first) / stride of the crossbar for which that is a whole number.

#include <vector>

#include "arith/mask.h"

namespace topkima::arith {

/// Neighbouring tokens are always neighbouring columns of a crossbar, so that a row's participants
/// are one interval in each of them.
class ColumnMap {
 public:
  ColumnMap() = default;
  /// Crossbar after crossbar holds the next slots, as many as it has columns.
  static ColumnMap blocked(const std::vector<int>& columns, int slots);
  /// Slot s is column s / C of crossbar s mod C, of C crossbars.
  static ColumnMap interleaved(const std::vector<int>& columns, int slots);

  int slots() const { return slots_; }
  int crossbars() const { return static_cast<int>(columns_.size()); }
  /// Of one crossbar, in use or not, and of all.
  int columns(int crossbar) const { return columns_[std::size_t(crossbar)]; }
  int all_columns() const { return bases_.back(); }
  /// The slot of column 0 of each crossbar, and how far apart those of neighbouring columns are.
  const std::vector<int>& first_slots() const { return first_; }
  int stride() const { return stride_; }

  /// Columns of a crossbar that hold `slots`.
  Interval columns_of(const Interval& slots, int crossbar) const;
  /// How many slots a crossbar holds.
  int slots_in(int crossbar) const { return columns_of({0, slots_}, crossbar).size(); }
  int slot_at(int crossbar, int column) const {
    return first_[std::size_t(crossbar)] + stride_ * column;
  }

  /// A head's columns are addressed crossbar after crossbar.
  struct Place {
    int crossbar, column;
  };
  int base(int crossbar) const { return bases_[std::size_t(crossbar)]; }
  Place place_at(int address) const;
  Place place_of(int slot) const;
  int address_of(int slot) const;
  int slot_at_address(int address) const;

 private:
  ColumnMap(const std::vector<int>& columns, int slots, std::vector<int> first, int stride);

  std::vector<int> columns_{}, first_{}, bases_{0};
  int slots_ = 0, stride_ = 1;
};

}  // namespace topkima::arith
