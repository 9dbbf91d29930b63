#pragma once
// Running the SystemC kernel to the end of the host's firmware.

#include "config/machine_config.h"
#include "observation.h"
#include "observe/recorder.h"
#include "pipeline/host.h"
#include "stage/ledger.h"

namespace topkima::platforms {

/// The graph of causes takes some 12 events per row of a head: kept up to this many rows.
constexpr std::int64_t most_rows_with_causes = 400'000;
stage::Ledger make_ledger(const config::MachineConfig& config, bool keep_causes = true);

/// How a simulation ended.
enum class End {
  done,        ///< the host is done
  stopped,     ///< somebody else has stopped it
  standstill,  ///< nothing can happen any more
};

/// Simulates to one of these ends. Throws what the firmware threw, or Interrupted.
End run_kernel(const pipeline::Host& host, const observe::Recorder& recorder,
               const config::MachineConfig& config, const Progress& progress);

}  // namespace topkima::platforms
