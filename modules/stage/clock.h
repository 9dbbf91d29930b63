#pragma once
// The machine's clock as a ruler: no process ticks. All times are whole cycles since the start.

#include <cmath>
#include <cstdint>
#include <systemc>

namespace topkima::stage {

class Clock {
 public:
  explicit Clock(double frequency_mhz)
      : period_(sc_core::sc_time(1.0 / frequency_mhz, sc_core::SC_US)) {}

  const sc_core::sc_time& period() const { return period_; }
  sc_core::sc_time span(std::int64_t cycles) const {
    return sc_core::sc_time::from_value(period_.value() * static_cast<std::uint64_t>(cycles));
  }
  /// Makes the present instant cycle 0.
  void start() { origin_ = sc_core::sc_time_stamp().value(); }
  /// Whole cycles since the start.
  std::int64_t now() const {
    return static_cast<std::int64_t>((sc_core::sc_time_stamp().value() - origin_) /
                                     period_.value());
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
};

}  // namespace topkima::stage
