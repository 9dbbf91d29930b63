// SPDX-License-Identifier: Apache-2.0
#pragma once
// What of the non-idealities is in files: tables of ramp thresholds and lists of stuck cells
// (docs/nonidealities.md).

#include "config/machine_config.h"
#include "workload/model_package.h"

namespace topkima::workload {

/// Completes config.nonidealities by the files that `settings` name. Of a layer of `model`, cells
/// may be of one layer and of the matrices around attention. Throws DataError, naming the file,
/// unless each is well-formed and fits the machine.
void read_defect_files(const config::Settings& settings, config::MachineConfig& config,
                       const ModelPackage* model = nullptr);

}  // namespace topkima::workload
