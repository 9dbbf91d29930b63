#pragma once
// The machine's count of events, and the meters by which its blocks count. A block counts once per
// row, outside of what a circuit or RTL may do in its place, with the span of cycles in which it
// happens: the counts are the same at every fidelity, in total and by interval.

#include <cstdint>
#include <systemc>
#include <vector>

#include "stage/clock.h"
#include "stage/event.h"

namespace topkima::stage {

class Tally {
 public:
  /// Intervals that are kept at most: in a longer run they become twice as long, and so on.
  static constexpr std::size_t most_intervals = 1 << 16;

  /// Counts by intervals of `cycles` (1 or more) as well; before anything is counted.
  void keep_intervals(std::int64_t cycles) { interval_ = cycles; }

  const EventCounts& counts() const { return counts_; }
  /// Cycles of an interval; 0: none are kept.
  std::int64_t interval() const { return interval_; }
  /// By interval, as far as there was something to count.
  const std::vector<std::uint64_t>& intervals(Component component, Event event) const {
    return by_interval_[std::size_t(component)][std::size_t(event)];
  }

  /// `n` events within [from, from + cycles), evenly; all in `from` for no cycles. What falls into
  /// an interval is whole, and the sum is n.
  void count(Component component, Event event, std::uint64_t n, std::int64_t from,
             std::int64_t cycles) {
    counts_.of(component, event) += n;
    if (interval_ == 0 || n == 0) return;
    auto& intervals = by_interval_[std::size_t(component)][std::size_t(event)];
    // Most of what is counted falls into the interval of what was counted last.
    const bool whole = from >= last_begin_ && from + cycles <= last_begin_ + interval_;
    if (whole && from < last_begin_ + interval_ && last_ < intervals.size())
      intervals[last_] += n;
    else
      spread(intervals, n, from, cycles);
  }

 private:
  void spread(std::vector<std::uint64_t>& intervals, std::uint64_t n, std::int64_t from,
              std::int64_t cycles);
  void lengthen_intervals();

  EventCounts counts_;
  std::int64_t interval_ = 0;
  std::size_t last_ = 0;         ///< interval in which something was counted last
  std::int64_t last_begin_ = 0;  ///< its first cycle
  std::array<std::array<std::vector<std::uint64_t>, event_count>, component_count> by_interval_;
};

/// By which a block counts for its component. One that was not given counts nothing.
class Meter {
 public:
  Meter() = default;
  Meter(Tally& tally, const Clock& clock, Component component)
      : tally_(&tally), clock_(&clock), component_(component) {}

  /// See Tally::count.
  void count(Event event, std::uint64_t n, std::int64_t from, std::int64_t cycles) const {
    if (tally_) tally_->count(component_, event, n, from, cycles);
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
