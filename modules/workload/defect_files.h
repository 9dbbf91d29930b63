#pragma once
// What of the non-idealities is in files: tables of ramp thresholds and lists of stuck cells
// (docs/nonidealities.md).

#include "config/machine_config.h"

namespace topkima::workload {

/// Completes config.nonidealities by the files that `settings` name. Throws DataError, naming the
/// file, unless each is well-formed and fits the machine.
void read_defect_files(const config::Settings& settings, config::MachineConfig& config);

}  // namespace topkima::workload
