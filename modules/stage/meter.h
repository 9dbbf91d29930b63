// SPDX-License-Identifier: Apache-2.0
#pragma once
// By which blocks count events. A block counts once per row, outside of what a circuit or RTL may
// do in its place, with the span of cycles in which it happens: the counts are the same at every
// fidelity.

#include <cstdint>
#include <systemc>

#include "stage/clock.h"
#include "stage/row_tag.h"
#include "stage/tally.h"

namespace topkima::stage {

/// What a block counts with for its component. One that was not given counts nothing.
class Meter {
 public:
  Meter() = default;
  Meter(Tally& tally, const Clock& clock, Component component)
      : tally_(&tally), clock_(&clock), component_(component) {}

  /// Counts for `row`; see Tally::count.
  void count(const RowTag& row, Event event, std::uint64_t n, std::int64_t from,
             std::int64_t cycles) const {
    if (tally_) tally_->count(component_, event, row.sequence, n, from, cycles);
  }
  bool counts() const { return tally_ != nullptr; }
  /// The cycle in which an annotated delay has passed; 0 of a meter that counts nothing.
  std::int64_t cycle(const sc_core::sc_time& delay) const {
    if (!clock_) return 0;
    return clock_->now() + static_cast<std::int64_t>(delay.value() / clock_->period().value());
  }

 private:
  Tally* tally_ = nullptr;
  const Clock* clock_ = nullptr;
  Component component_ = Component::control;
};

}  // namespace topkima::stage
