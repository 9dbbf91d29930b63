#pragma once
// One run of the SoC.

#include "../common/kernel.h"
#include "observe/run_result.h"
#include "workload/workload.h"

namespace topkima::platforms {

/// Quantises the tensors, resolves `settings` (every `auto` is replaced), simulates in the current
/// SystemC context. Without `keep_causes` (or in a run too long for them) there is no critical
/// path. Throws ConfigError, DataError or SimulationError.
observe::RunResult simulate_soc(config::Settings& settings, const workload::Workload& workload,
                                const Progress& progress, bool keep_causes = true);

}  // namespace topkima::platforms
