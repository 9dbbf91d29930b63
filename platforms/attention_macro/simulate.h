#pragma once
// One run of the attention macro.

#include <functional>

#include "observe/run_result.h"
#include "workload/workload.h"

namespace topkima::platforms {

/// Called now and then with the share of rows done, 0..1; may be empty.
using Progress = std::function<void(double)>;

/// Quantises Q, K, V, resolves `settings` (every `auto` is replaced), simulates in the current SystemC
/// context. Throws ConfigError, DataError or SimulationError.
observe::RunResult simulate_macro(config::Settings& settings, const workload::Workload& workload,
                                  const Progress& progress);

}  // namespace topkima::platforms
