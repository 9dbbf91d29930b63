// SPDX-License-Identifier: Apache-2.0
#pragma once
// Closed-form estimate of a run's latency, for comparison with the simulated one: the stages'
// service times, an ideal bus, and the mean conversion.

#include "config/machine_config.h"

namespace topkima::pipeline {

/// What the estimate takes from the data.
struct MeanRow {
  double conversion_cycles = 0;  ///< slowest crossbar of a row
  double winners = 0;
};

/// Cycles of the score .. weighted-value chain alone, Q, K and V in place.
double estimate_macro(const config::MachineConfig& config, const MeanRow& row);
/// Cycles of the whole module, of all sequences.
double estimate_soc(const config::MachineConfig& config, const MeanRow& row);

}  // namespace topkima::pipeline
