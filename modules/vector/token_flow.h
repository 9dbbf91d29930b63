// SPDX-License-Identifier: Apache-2.0
#pragma once
// When tokens come to a module of an encoder and when they have left it. Modules hand tokens on
// through token memory alone, so that each can be simulated when the times of the one before are
// known.

#include <cstdint>
#include <systemc>
#include <vector>

#include "config/choices.h"

namespace topkima::vector {

using config::Arrival;

struct TokenTimes {
  Arrival arrival = Arrival::alone;
  int sequences = 0, rows = 0;  ///< rows per sequence
  /// [sequences * rows], in cycles.
  std::vector<std::int64_t> at;

  std::int64_t of(std::uint32_t sequence, std::uint32_t row) const {
    return at[std::size_t(sequence) * std::size_t(rows) + row];
  }
};

/// What reader and writer of a module tell each other.
struct TokenFlow {
  /// [sequences]: when a sample entered: with Arrival::alone when the last one had left, else 0.
  std::vector<std::int64_t> entered;
  /// [sequences * rows]: when a row was in memory again.
  std::vector<std::int64_t> left;
  std::uint32_t sequences_left = 0;
  sc_core::sc_event sequence_left;
};

}  // namespace topkima::vector
