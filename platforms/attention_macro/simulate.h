// SPDX-License-Identifier: Apache-2.0
#pragma once
// The attention macro as a machine that is run.

#include "report/run_result.h"
#include "run/machine.h"
#include "workload/workload.h"

namespace topkima::platforms {

const Machine& macro_machine();

/// Quantises Q, K, V, resolves `settings` (every `auto` is replaced), simulates in the current
/// SystemC context. Throws ConfigError, DataError or SimulationError, and Stopped at a breakpoint.
report::RunResult simulate_macro(config::Settings& settings, const workload::Workload& workload,
                                 const Observation& observation);

}  // namespace topkima::platforms
