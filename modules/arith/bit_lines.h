// SPDX-License-Identifier: Apache-2.0
#pragma once
// Score evaluation of one K^T crossbar, clock by clock: each word line is held for as long as its
// pulse lasts, and every bit line integrates the current of the cells that are driven. What the
// bit lines hold at the end of the window is the score of arith/score.h.

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace topkima::arith {

class BitLines {
 public:
  /// How a cell's weight acts: by its current, all word lines of a value pulsed alike; or by the
  /// length of its pulse, all cells of one current.
  enum class Weighting { drive, pulse };
  /// A cell's weight is the length of its pulse; else all pulses are as long as the value says.
  static constexpr bool by_pulse(Weighting weighting) {
    switch (weighting) {
      case Weighting::drive: return false;
      case Weighting::pulse: return true;
    }
    throw std::logic_error("a weighting that is not described");
  }

  /// `cells`: ternary, [d_k * cells_per_value, columns], weights 1, 2, 4, ... on consecutive word
  /// lines.
  void load(const std::int8_t* cells, int d_k, int cells_per_value, int columns,
            Weighting weighting);

  /// Discharges the bit lines and raises the word lines of `query` [d_k]: magnitude = length of the
  /// pulse in cycles (times the cell's weight where pulses carry it), sign = which line of the
  /// pair.
  void start(const std::int8_t* query);
  /// One cycle of the pulse window.
  void clock();

  /// Word-line pairs driven in the next cycle.
  int driven() const { return driven_; }
  /// What each bit line has integrated so far, in score units.
  const std::vector<std::int32_t>& charge() const { return charge_; }

 private:
  const std::int8_t* line(int group) const {
    return lines_.data() + std::size_t(group) * std::size_t(columns_);
  }

  int columns_ = 0, groups_ = 0;
  int groups_per_value_ = 1;        ///< groups of word lines that are pulsed on their own
  std::vector<std::int8_t> lines_;  ///< [groups, columns], current per bit line
  std::vector<std::int32_t> current_, charge_;
  std::vector<int> length_, sign_;  ///< by group
  std::vector<int> order_;          ///< groups by falling pulse length
  int driven_ = 0, elapsed_ = 0;
};

}  // namespace topkima::arith
