// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a schedule of the pipeline decides (docs/timing.md, docs/hardware.md section 5), as facts
// that controller, estimate, energy model and attention macro ask for. A new schedule is a word in
// config/choices.h and a row in schedule.cpp. Plain C++17, no SystemC.

#include <cstdint>
#include <optional>
#include <vector>

#include "config/choices.h"

namespace topkima::pipeline {

/// Where a row that the DMA reads goes, as bits of its register DESTINATIONS.
enum Destination : std::uint32_t { to_q = 1, to_k = 2, to_v = 4 };

class Schedule {
 public:
  static const Schedule& of(config::Schedule word);
  /// The schedule that the controller's register SCHEDULE holds; empty when no schedule has that
  /// number.
  static std::optional<config::Schedule> from_register(std::uint32_t value);
  static std::uint32_t to_register(config::Schedule word);

  /// Passes of the DMA's load channel over the rows of a sequence, one after the other: the
  /// destinations of each. A pass begins when the one before has been received.
  const std::vector<std::uint32_t>& passes() const { return passes_; }
  /// All that the passes load.
  std::uint32_t loaded() const;
  /// Q is projected with the passes and waits in the distributor's buffer. Else its rows come on
  /// the query channel when K^T and V are written, and go through as they are projected.
  bool buffers_queries() const { return (loaded() & to_q) != 0; }
  /// A head takes a row while others are in its later stages; else one row at a time.
  bool rows_overlap() const { return rows_overlap_; }
  /// The next sequence is loaded into the other bank while this one is worked on.
  bool sequences_overlap() const { return rows_overlap_; }

 private:
  Schedule(std::vector<std::uint32_t> passes, bool rows_overlap)
      : passes_(std::move(passes)), rows_overlap_(rows_overlap) {}

  std::vector<std::uint32_t> passes_;
  bool rows_overlap_;
};

}  // namespace topkima::pipeline
