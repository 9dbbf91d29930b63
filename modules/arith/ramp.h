#pragma once
// The ramp in-memory ADC's transfer function and the choice of its step.

#include <cstdint>
#include <vector>

namespace topkima::arith {

/// Marks a column whose comparator is off; below every code of a ramp of up to 15 bits.
constexpr std::int16_t comparator_off = INT16_MIN;

/// Largest step that codes of many columns are exact for.
constexpr int largest_ramp_lsb = (1 << 24) - 1;

/// Code of one value: round half up to steps of `lsb`, saturating to `bits` bits signed. The
/// decreasing ramp crosses the value at the step of this code. lsb >= 1, 1 <= bits <= 15.
int ramp_code(std::int64_t value, std::int64_t lsb, int bits);

/// ramp_code of `count` scores at once; 2 |score| + lsb < 2^31,
/// lsb <= largest_ramp_lsb.
void ramp_codes(const std::int32_t* scores, int count, int lsb, int bits, std::int16_t* codes);

/// Chooses `ima.ramp_lsb = auto`: the smallest step for which at most a given share of the exact
/// top-k participating scores saturates, 2 s >= (2^bits - 1) lsb.
class RampCalibration {
 public:
  explicit RampCalibration(int k);

  /// Adds one row: its first `participants` scores take part.
  void add_row(const std::int32_t* scores, int participants);

  /// The step; 1 when no score took part. The scores collected are reordered.
  int lsb(int bits, double saturate_share);

 private:
  int k_;
  std::vector<std::int32_t> collected_;
};

}  // namespace topkima::arith
