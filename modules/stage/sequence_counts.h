// SPDX-License-Identifier: Apache-2.0
#pragma once
// Events by the sequence for which they happened. No SystemC here.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "stage/event.h"

namespace topkima::stage {

/// A machine has few of all pairs of component and event: only of those that happened there is a
/// number per sequence.
class SequenceCounts {
 public:
  explicit SequenceCounts(std::size_t sequences = 0) : sequences_(sequences) {}

  std::size_t sequences() const { return sequences_; }
  /// `sequence` is below sequences().
  void add(Component component, Event event, std::size_t sequence, std::uint64_t n) {
    auto& counts = counts_[std::size_t(component)][std::size_t(event)];
    if (counts.empty()) counts.resize(sequences_);
    counts[sequence] += n;
  }
  /// Adds the counts of another part of the machine, which served the same sequences.
  void add(const SequenceCounts& other);
  EventCounts of(std::size_t sequence) const;

 private:
  std::size_t sequences_;
  std::array<std::array<std::vector<std::uint64_t>, event_count>, component_count> counts_;
};

}  // namespace topkima::stage
