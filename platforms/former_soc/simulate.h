#pragma once
// One run of the SoC.

#include "../common/observation.h"
#include "observe/run_result.h"
#include "workload/workload.h"

namespace topkima::platforms {

/// Quantises the tensors, resolves `settings` (every `auto` is replaced), simulates in the current
/// SystemC context. Throws ConfigError, DataError or SimulationError, and Stopped at a breakpoint.
observe::RunResult simulate_soc(config::Settings& settings, const workload::Workload& workload,
                                const Observation& observation);

}  // namespace topkima::platforms
