// SPDX-License-Identifier: Apache-2.0
#pragma once
// Arbiter, address encoder and k counter of one crossbar: which columns a decreasing ramp grants,
// in which order and in how many cycles.

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
      false;                 ///< stop after the last participant when there are fewer than k
  int grants_per_cycle = 1;  ///< >= 1
  int step_cycles = 0;       ///< of every executed step, before its grants
  int start_cycles = 0;      ///< before the first step, if there is one
  int grant_cycles = 0;      ///< of every step that grants, before its grants
  int tree_cycles = 0;       ///< behind the last step, if there was one
  int reach = 0;  ///< the ramp also stops that many steps below its first crossing; 0: it does not
};

/// What one conversion did.
struct Conversion {
  int steps = 0;   ///< ramp steps executed
  int cycles = 0;  ///< clock cycles taken
  int count = 0;   ///< grants, <= k
};

/// Arbiter, address encoder and counter clock by clock, behind the comparators of a FallingRamp;
/// together they are the reference for `convert`.
///
/// Comparators that fire in a ramp step become requests. In every cycle the arbiter grants the
/// requests of the lowest addresses, up to `grants_per_cycle`; the ramp is held while requests are
/// left. The k-th grant stops it, and what is still pending is dropped; the step `reach` below the
/// first crossing ends it, too. `start_cycles`, `step_cycles`, `grant_cycles` and `tree_cycles`, in
/// which nothing happens here, are left to whoever clocks the circuit.
class TopkCircuit {
 public:
  /// One clock cycle, as a waveform shows it.
  struct Cycle {
    int pending = 0;           ///< requests before the grants
    std::vector<int> columns;  ///< address encoder outputs, one per grant, ascending
    int counter = 0;           ///< after the grants
  };

  /// Clears counter and requests; `participants` comparators are on.
  void start(const TopkConfig& config, int participants);
  /// The ramp has made a step: these comparators fire (FallingRamp::fired).
  void request(const std::vector<std::uint64_t>& fired);
  /// Valid until the next cycle.
  const Cycle& clock();
  /// The same for a cycle in which nothing can be granted.
  const Cycle& idle();

  /// The ramp must stay where it is.
  bool holds_ramp() const { return pending_ > 0; }
  /// The conversion is over although the ramp may not have reached its end.
  bool stopped() const { return stopped_; }
  int granted() const { return counter_; }

 private:
  TopkConfig config_;
  Cycle cycle_;
  std::vector<std::uint64_t> requests_;
  std::size_t first_word_ = 0;  ///< words of requests_ before it are empty
  int pending_ = 0, counter_ = 0;
  int waiting_ = 0;     ///< participants not granted yet
  int steps_left_ = 0;  ///< that the reach leaves, behind the first crossing
  bool crossed_ = false;
  bool stopped_ = false;
};

/// The same conversion in closed form, without walking the ramp. Participants are the first
/// `participants` columns. `winners` has room for as many entries as can
/// be granted, min(k, participants).
Conversion convert(const TopkConfig& config, const std::int16_t* codes, int participants,
                   Winner* winners);

/// The same for [columns] `codes` of which some are comparator_off, anywhere; `dense` is room for
/// those that are not.
Conversion convert_scattered(const TopkConfig& config, const std::int16_t* codes, int columns,
                             std::vector<Winner>& dense, Winner* winners);

}  // namespace topkima::arith
