// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ramp, comparators and top-k counter clock by clock: what their closed forms are held to.

#include <algorithm>
#include <vector>

#include "arith/ramp.h"
#include "arith/topk.h"

namespace topkima::testbenches {

struct Walk {
  std::vector<arith::Winner> winners;
  int steps = 0, cycles = 0;
};

/// On scores, of which the first `participants` take part, with ramp step `lsb`.
inline Walk walk_scores(const arith::TopkConfig& config, const std::vector<std::int32_t>& scores,
                        int participants, int lsb) {
  arith::FallingRamp ramp(config.bits);
  arith::TopkCircuit circuit;
  ramp.start(lsb, scores.data(), participants);
  circuit.start(config, participants);
  Walk result;
  if (!circuit.stopped()) result.cycles = config.start_cycles;
  while (!circuit.stopped() && ramp.step()) {
    result.cycles += config.step_cycles;
    circuit.request(ramp.fired());
    if (circuit.holds_ramp()) result.cycles += config.grant_cycles;
    do {
      ++result.cycles;
      for (const int column : circuit.clock().columns)
        result.winners.push_back({column, ramp.code()});
    } while (circuit.holds_ramp());
  }
  result.steps = ramp.steps();
  return result;
}

/// On codes, those switched off behind all others: with a step of 1 a score is its own code.
inline Walk walk_codes(const arith::TopkConfig& config, const std::vector<std::int16_t>& codes) {
  const auto off = std::find(codes.begin(), codes.end(), arith::comparator_off);
  return walk_scores(config, {codes.begin(), codes.end()}, static_cast<int>(off - codes.begin()),
                     1);
}

}  // namespace topkima::testbenches
