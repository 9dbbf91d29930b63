// SPDX-License-Identifier: Apache-2.0
#pragma once
// The machine's clock as a ruler: no process ticks. All times are whole cycles since the start.

#include <cmath>
#include <cstdint>
#include <systemc>

namespace topkima::stage {

/// Lets the delay that an initiator annotated pass, so that its call is served at the time it
/// means.
inline void settle(sc_core::sc_time& delay) {
  if (delay == sc_core::SC_ZERO_TIME) return;
  sc_core::wait(delay);
  delay = sc_core::SC_ZERO_TIME;
}

class Clock {
 public:
  explicit Clock(double frequency_mhz)
      : period_(sc_core::sc_time(1.0 / frequency_mhz, sc_core::SC_US)) {}

  const sc_core::sc_time& period() const { return period_; }
  sc_core::sc_time span(std::int64_t cycles) const {
    return sc_core::sc_time::from_value(period_.value() * static_cast<std::uint64_t>(cycles));
  }
  /// Makes the present instant cycle 0.
  void start() {
    origin_ = asked_ = sc_core::sc_time_stamp().value();
    cycle_ = 0;
  }
  /// Whole cycles since the start.
  std::int64_t now() const {
    // Many ask at one instant; only the first divides.
    const std::uint64_t value = sc_core::sc_time_stamp().value();
    if (value != asked_) {
      asked_ = value;
      cycle_ = static_cast<std::int64_t>((value - origin_) / period_.value());
    }
    return cycle_;
  }
  /// The instant at which `cycle` begins.
  sc_core::sc_time time_of(std::int64_t cycle) const {
    return sc_core::sc_time::from_value(origin_ +
                                        period_.value() * static_cast<std::uint64_t>(cycle));
  }
  /// Lets a process spend `cycles`; none for zero, so that its turn is not given away.
  void spend(std::int64_t cycles) const {
    if (cycles > 0) sc_core::wait(span(cycles));
  }

 private:
  sc_core::sc_time period_;
  std::uint64_t origin_ = 0;
  mutable std::uint64_t asked_ = 0;  ///< the instant of the last answer
  mutable std::int64_t cycle_ = 0;
};

}  // namespace topkima::stage
