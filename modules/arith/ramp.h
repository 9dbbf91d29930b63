// SPDX-License-Identifier: Apache-2.0
#pragma once
// The ramp in-memory ADC's transfer function and the choice of its step.

#include <cstdint>
#include <vector>

#include "arith/mask.h"
#include "arith/real_ramp.h"

namespace topkima::arith {

/// Marks a column whose comparator is off; below every code of a ramp of up to 15 bits.
constexpr std::int16_t comparator_off = INT16_MIN;

/// Largest step that codes of many columns are exact for.
constexpr int largest_ramp_lsb = (1 << 24) - 1;

/// Code of one value: round half up to steps of `lsb`, saturating to `bits` bits signed. The
/// decreasing ramp crosses the value at the step of this code. lsb >= 1, 1 <= bits <= 15.
int ramp_code(std::int64_t value, std::int64_t lsb, int bits);

/// ramp_code of `count` scores at once; |score| < 2^29,
/// lsb <= largest_ramp_lsb.
void ramp_codes(const std::int32_t* scores, int count, int lsb, int bits, std::int16_t* codes);

/// The decreasing ramp and its comparators, one step at a time; the reference for `ramp_codes`.
///
/// At the step of code c the ramp stands at (c - 1/2) lsb; the comparator of a column fires when
/// the ramp has come down to its bit line: 2 s >= (2 c - 1) lsb. At the last step all that are left
/// fire. A RealRamp brings levels of its own.
class FallingRamp {
 public:
  /// 1 <= bits <= 15.
  explicit FallingRamp(int bits) : bits_(bits) {}

  /// A new conversion, before its first step, of step `lsb` >= 1. `scores` (2 |score| < 2^31) must
  /// outlive it; the comparators of the columns in `participants` are on.
  void start(int lsb, const std::int32_t* scores, Interval participants);
  /// The same down the levels of `ramp`, whose bits are the same, where the comparators see `seen`
  /// (RealRamp::disturb).
  void start(int lsb, const RealRamp& ramp, const double* seen, Interval participants);
  /// Lowers the ramp by one step. False when it had reached its end before.
  bool step();
  /// The same to the step of `code`, whatever it is; `last`: all comparators left fire.
  void move_to(int code, bool last);

  /// What the present step is: its code, where the ramp stands in score units, and which
  /// comparators fire, a bit per column (bit j % 64 of word j / 64; one word or more, none beyond
  /// the participants).
  int code() const { return code_; }
  double level() const { return (real_ ? real_->level(code_) : code_ - 0.5) * lsb_; }
  const std::vector<std::uint64_t>& fired() const { return fired_; }
  int steps() const { return steps_; }

 private:
  void start(int lsb, Interval participants);

  int bits_, lsb_ = 1;
  const std::int32_t* scores_ = nullptr;
  const RealRamp* real_ = nullptr;
  const double* seen_ = nullptr;
  Interval participants_{};
  int code_ = 0, steps_ = 0;
  std::vector<std::uint64_t> fired_;
};

/// The columns of [columns] `codes` that are not comparator_off; they are neighbours.
Interval columns_on(const std::int16_t* codes, int columns);

/// Comparators that fire as a ramp falls from `above` (exclusive) to `level` (inclusive), both
/// twice the score: bit j of `fired` is set where level <= 2 scores[j] < above.
void find_crossings(const std::int32_t* scores, int count, std::int64_t level, std::int64_t above,
                    std::uint64_t* fired);
/// The same for real numbers: where level <= seen[j] < above.
void find_crossings(const double* seen, int count, double level, double above,
                    std::uint64_t* fired);

/// Chooses `ima.ramp_lsb = auto`: the smallest step for which at most a given share of the best
/// participating scores of all rows saturates, 2 s >= (2^bits - 1) lsb.
class RampCalibration {
 public:
  /// Adds one row: its first `participants` scores take part, of which the best k count.
  void add_row(const std::int32_t* scores, int participants, int k);
  /// Adds one row whose scores are sums of `blocks` >= 1 partial ones, [blocks, columns], each with
  /// a ramp of its own: those of the k best sums count, of equal sums the lowest columns.
  void add_row(const std::int32_t* partial, int blocks, int columns, int participants, int k);

  /// The step; 1 when no score took part. The scores collected are reordered.
  int lsb(int bits, double saturate_share);

 private:
  std::vector<std::int32_t> collected_;
  std::vector<std::int32_t> sums_;  ///< of a row in blocks
  std::vector<int> best_;
};

}  // namespace topkima::arith
