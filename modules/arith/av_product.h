// SPDX-License-Identifier: Apache-2.0
#pragma once
// Weighted values: V as ternary digits in column slices, probabilities as pulse widths, each
// array's partial sums read by a full ramp, then shifted and added.

#include <cstdint>
#include <vector>

#include "arith/mask.h"
#include "arith/real_ramp.h"
#include "arith/stuck_cells.h"

namespace topkima::arith {

/// The smallest odd step D with which the range of a ramp of `bits` bits, 2^(bits-1) D to either
/// side, holds the largest probability of `prob_bits` bits (docs/hardware.md, section 9). Odd, so
/// that no integer lies on a threshold. 5 and 5 bits: 3.
int auto_av_lsb(int prob_bits, int bits);

struct AvProductConfig {
  int d_k = 64;
  int slices = 4;        ///< ternary digits of a value's magnitude
  int array_rows = 192;  ///< token rows per array
  int bits = 5;          ///< of the arrays' ramp
  int lsb = 3;           ///< its step in units of probability * digit, >= 1
  int weight_max = 31;   ///< largest probability code
  RampDefects ramp{};    ///< of every array; its place is that of the first one
  CellDefects cells{};
};

/// One head's AV arrays with their read-out. Tokens are rows 0..tokens-1.
class AvProduct {
 public:
  /// `bank`: cells of another bank are other cells; ramps and comparators are the same.
  AvProduct(const AvProductConfig& config, int tokens, int bank = 0);

  /// Writes one token row of d_k values, |value| < 2^slices.
  void write(int token, const std::int8_t* values);

  /// One winner's row and its probability code, 0..weight_max.
  struct Weight {
    std::int32_t token;
    std::int32_t probability;
  };

  /// The ternary digits of a token's row, [slices, d_k].
  const std::int8_t* digits(int token) const {
    return digits_.data() + std::size_t(token) * columns();
  }
  std::size_t columns() const { return std::size_t(config_.slices) * std::size_t(config_.d_k); }
  int arrays() const { return static_cast<int>(is_driven_.size()); }
  const AvProductConfig& config() const { return config_; }

  /// The row that an evaluation serves: its noise is another in every sequence and row. Arrays
  /// without a token of `live` rest.
  struct Row {
    std::uint32_t sequence = 0, number = 0;
    Interval live{0, INT32_MAX};
  };
  /// The arrays that do not rest.
  Interval live_arrays(const Interval& live) const;

  /// Drives the winners' rows and reads d_k outputs: sum over arrays and slices of 2^b lsb code.
  /// Without winners nothing is evaluated.
  void read(const Weight* weights, int count, std::int32_t* output, const Row& row);
  void read(const Weight* weights, int count, std::int32_t* output) {
    read(weights, count, output, Row());
  }

  /// One per array where ramps are not ideal, else none: an ideal array without a winner reads as
  /// zero and need not be looked at.
  const std::vector<RealRamp>& ramps() const { return ramps_; }

 private:
  void prepare_readout(std::int32_t largest);
  void drive(const Weight* weights, int count);
  void read_real(std::int32_t* output, const Row& row);
  void clear_driven();

  AvProductConfig config_;
  int bank_;
  StuckCells stuck_;
  std::vector<RealRamp> ramps_;
  std::vector<std::int8_t> digits_;    ///< [tokens, slices * d_k], -1, 0 or 1
  std::vector<std::int32_t> partial_;  ///< [arrays, slices * d_k]; zero between reads
  std::vector<std::int32_t> driven_;   ///< arrays that hold a winner of the row being read
  std::vector<char> is_driven_;        ///< [arrays]
  std::vector<std::int32_t> readout_;  ///< lsb * code by partial sum, from -reach to reach
  std::int32_t reach_ = 0;
  std::vector<double> seen_;  ///< by the comparators of an array
  std::vector<std::int16_t> codes_;
};

/// The values of a row, [d_k]: the sum over `arrays` and slices of 2^slice lsb code, of codes
/// [arrays, slices, d_k].
void shift_and_add(const AvProductConfig& config, const std::int16_t* codes, int arrays,
                   std::int32_t* values);

/// One evaluation of the AV arrays, clock by clock: winners' rows are held for as long as their
/// probabilities say while the bit lines integrate; then a full ramp falls, and every column
/// latches the code at which it is crossed. Shifted and added, the reference for AvProduct::read.
class AvCircuit {
 public:
  /// Discharges the bit lines and raises the rows of `weights` (0 <= probability <= weight_max).
  void start(const AvProduct& arrays, const AvProduct::Weight* weights, int count,
             const AvProduct::Row& row = AvProduct::Row());
  /// One cycle of the pulse window, weight_max cycles long.
  void pulse();
  /// One step of the ramp, which has 2^bits; a crossing happens at its code.
  void ramp_step();
  /// What all arrays have latched after the last step, [arrays, slices, d_k]; an ideal array
  /// without a winner 0.
  std::vector<std::int16_t> codes() const;

  int driven() const { return driven_; }  ///< rows held in the next cycle
  int code() const { return code_; }      ///< of the ramp's present step
  /// Where the ramp stands; of real ramps that of the first array.
  double level() const {
    const auto& ramps = arrays_->ramps();
    return (ramps.empty() ? code_ - 0.5 : ramps.front().level(code_)) * arrays_->config().lsb;
  }
  int crossed() const { return crossed_; }  ///< columns that latched in the present step
  /// What bit line `column` [slices * d_k] of the `array`-th array that holds a winner (of all
  /// arrays, where ramps are real) has integrated.
  std::int32_t charge(std::size_t array, std::size_t column) const {
    return charge_[array * arrays_->columns() + column];
  }

 private:
  void ramp_step_real();

  const AvProduct* arrays_ = nullptr;
  AvProduct::Row row_;
  std::vector<AvProduct::Weight> rows_;  ///< by falling probability
  std::vector<int> held_;                ///< the arrays whose columns are in charge_
  std::vector<int> array_of_row_;        ///< place of each row's array among those
  std::vector<std::int32_t> current_, charge_;
  std::vector<std::int16_t> codes_;
  std::vector<double> seen_;  ///< by the comparators of real ramps, as charge_
  int driven_ = 0, elapsed_ = 0, code_ = 0, crossed_ = 0;
};

}  // namespace topkima::arith
