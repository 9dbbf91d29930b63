#pragma once
// One run of the attention macro.

#include "../common/kernel.h"
#include "observe/run_result.h"
#include "workload/workload.h"

namespace topkima::platforms {

/// Quantises Q, K, V, resolves `settings` (every `auto` is replaced), simulates in the current
/// SystemC context. Throws ConfigError, DataError or SimulationError.
observe::RunResult simulate_macro(config::Settings& settings, const workload::Workload& workload,
                                  const Progress& progress);

}  // namespace topkima::platforms
