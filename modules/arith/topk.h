#pragma once
// Arbiter, encoder and k counter of one crossbar: which columns a decreasing ramp grants, in which
// order and in how many cycles.

#include <cstdint>
#include <vector>

namespace topkima::arith {

/// One grant: the column's address within its crossbar and its ramp code.
struct Winner {
  std::int32_t column;
  std::int32_t code;
};

struct TopkConfig {
  int bits = 5;  ///< of the ramp; it visits 2^bits codes
  int k = 5;     ///< the counter's limit, >= 1
  bool stop_when_exhausted =
      false;  ///< stop after the last participant when there are fewer than k
};

/// What one conversion did.
struct Conversion {
  int steps = 0;   ///< ramp steps executed
  int cycles = 0;  ///< clock cycles taken
  int count = 0;   ///< grants, <= k
};

/// The circuit clock by clock; the reference for `convert`.
///
/// In every cycle the ramp stands at one code. Columns of that code request; the arbiter grants the
/// lowest address; the ramp moves on after the cycle in which no request is left. The k-th grant
/// ends the conversion.
class TopkCircuit {
 public:
  /// One clock cycle, as a waveform shows it.
  struct Cycle {
    int code = 0;     ///< where the ramp stands
    int pending = 0;  ///< requests before the grant
    bool grant = false;
    int column = -1;    ///< encoder output, valid with grant
    int counter = 0;    ///< after the grant
    bool last = false;  ///< the conversion ends with this cycle
  };

  /// `codes` of `columns` columns (comparator_off where one takes no part) must outlive the
  /// circuit.
  TopkCircuit(const TopkConfig& config, const std::int16_t* codes, int columns);

  bool done() const { return done_; }
  Cycle clock();
  int steps() const { return steps_; }
  int cycles() const { return cycles_; }

 private:
  TopkConfig config_;
  const std::int16_t* codes_;
  int columns_, code_, waiting_;  ///< waiting: participants not granted yet
  int next_column_ = 0, counter_ = 0, steps_ = 0, cycles_ = 0;
  bool done_;
};

/// The same conversion in closed form, without walking the ramp. Participants are the first
/// `participants` columns. `winners` has room for as many entries as can
/// be granted, min(k, participants).
Conversion convert(const TopkConfig& config, const std::int16_t* codes, int participants,
                   Winner* winners);

}  // namespace topkima::arith
