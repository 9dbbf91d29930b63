// SPDX-License-Identifier: Apache-2.0
#include "stage/sequence_counts.h"

namespace topkima::stage {

void SequenceCounts::add(const SequenceCounts& other) {
  for (std::size_t c = 0; c < component_count; ++c)
    for (std::size_t e = 0; e < event_count; ++e) {
      const auto& counts = other.counts_[c][e];
      for (std::size_t s = 0; s < counts.size(); ++s) add(Component(c), Event(e), s, counts[s]);
    }
}

EventCounts SequenceCounts::of(std::size_t sequence) const {
  EventCounts counts;
  for (std::size_t c = 0; c < component_count; ++c)
    for (std::size_t e = 0; e < event_count; ++e)
      if (!counts_[c][e].empty()) counts.counts[c][e] = counts_[c][e][sequence];
  return counts;
}

}  // namespace topkima::stage
