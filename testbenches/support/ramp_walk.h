// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ramp, comparators and top-k counter clock by clock: what their closed forms are held to.

#include <vector>

#include "arith/ramp.h"
#include "arith/topk.h"

namespace topkima::testbenches {

struct Walk {
  std::vector<arith::Winner> winners;
  int steps = 0, cycles = 0;
};

/// On scores, of which those of the columns `participants` take part, with ramp step `lsb`.
inline Walk walk_scores(const arith::TopkConfig& config, const std::vector<std::int32_t>& scores,
                        arith::Interval participants, int lsb) {
  arith::FallingRamp ramp(config.bits);
  arith::TopkCircuit circuit;
  ramp.start(lsb, scores.data(), participants);
  circuit.start(config, participants.size());
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
  if (result.steps > 0) result.cycles += config.tree_cycles;
  return result;
}

/// On codes, those of neighbours that are on: with a step of 1 a score is its own code.
inline Walk walk_codes(const arith::TopkConfig& config, const std::vector<std::int16_t>& codes) {
  const auto on = arith::columns_on(codes.data(), static_cast<int>(codes.size()));
  return walk_scores(config, {codes.begin(), codes.end()}, on, 1);
}

}  // namespace topkima::testbenches
