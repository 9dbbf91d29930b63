// SPDX-License-Identifier: Apache-2.0
#pragma once
// The machine's count of events, in total, by interval of time and by sequence. No SystemC here.

#include <array>
#include <cstdint>
#include <vector>

#include "stage/event.h"
#include "stage/sequence_counts.h"

namespace topkima::stage {

class Tally {
 public:
  /// Intervals that are kept at most: in a longer run they become twice as long, and so on.
  static constexpr std::size_t most_intervals = 1 << 16;

  /// Counts by intervals of `cycles` (1 or more) as well; before anything is counted.
  void keep_intervals(std::int64_t cycles) { interval_ = cycles; }
  /// Counts by sequence as well, of which there are that many; before anything is counted.
  void keep_sequences(std::size_t sequences) { by_sequence_ = SequenceCounts(sequences); }

  const EventCounts& counts() const { return counts_; }
  /// Cycles of an interval; 0: none are kept.
  std::int64_t interval() const { return interval_; }
  /// The counts by interval, as far as there was something to count.
  const std::vector<std::uint64_t>& intervals(Component component, Event event) const {
    return by_interval_[std::size_t(component)][std::size_t(event)];
  }

  /// The counts by sequence; of none unless they are kept.
  const SequenceCounts& by_sequence() const { return by_sequence_; }

  /// `n` events for `sequence` within [from, from + cycles), evenly; all in `from` for no cycles.
  /// What falls into an interval is whole, and the sum is n.
  void count(Component component, Event event, std::uint32_t sequence, std::uint64_t n,
             std::int64_t from, std::int64_t cycles) {
    counts_.of(component, event) += n;
    if (by_sequence_.sequences() > 0) by_sequence_.add(component, event, sequence, n);
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
  SequenceCounts by_sequence_;
  std::int64_t interval_ = 0;
  std::size_t last_ = 0;         ///< interval in which something was counted last
  std::int64_t last_begin_ = 0;  ///< its first cycle
  std::array<std::array<std::vector<std::uint64_t>, event_count>, component_count> by_interval_;
};

}  // namespace topkima::stage
