// SPDX-License-Identifier: Apache-2.0
#pragma once
// Cells that hold a level of their own, whatever is written to them.

#include "arith/defects.h"

namespace topkima::arith {

class StuckCells {
 public:
  /// Levels at which a cell can be stuck, all of one chance: first, first + step, ...
  struct Levels {
    int first, step, count;
  };
  static constexpr Levels ternary{-1, 1, 3};
  static constexpr Levels on_or_off(int highest) { return {0, highest, 2}; }

  StuckCells(const CellDefects& defects, Effect effect, Levels levels);

  bool any() const { return threshold_ > 0 || !given_.empty(); }
  /// Overwrites those of one line of `count` cells.
  void apply(std::uint32_t place, int bank, int line, int count, std::int8_t* cells) const;

 private:
  Draws draws_;
  Levels levels_;
  std::uint64_t threshold_;       ///< a cell is stuck if its word is below
  std::vector<StuckCell> given_;  ///< in the order of place, bank and line
};

}  // namespace topkima::arith
