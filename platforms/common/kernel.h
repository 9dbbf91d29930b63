#pragma once
// Running the SystemC kernel to the end of the host's firmware.

#include "config/machine_config.h"
#include "observation.h"
#include "observe/recorder.h"
#include "pipeline/host.h"
#include "stage/stage.h"

namespace topkima::platforms {

/// The graph of causes takes some 12 events per row of a head: kept up to this many rows.
constexpr std::int64_t most_rows_with_causes = 400'000;
stage::Ledger make_ledger(const config::MachineConfig& config, bool keep_causes = true);

/// Simulates until `host` is done, or somebody else stops the simulation: false then. Throws what
/// the firmware threw, Interrupted, or SimulationError, with the state of every stage, when nothing
/// can happen any more.
bool run_kernel(const pipeline::Host& host, const observe::Recorder& recorder,
                const config::MachineConfig& config, const Progress& progress,
                const stage::Bench& bench);

}  // namespace topkima::platforms
