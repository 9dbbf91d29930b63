// SPDX-License-Identifier: Apache-2.0
#pragma once
// The exact float attention of a workload, kept for many runs.

#include <memory>

#include "report/float_reference.h"

namespace topkima::platforms {

/// Null where no run will ask for it, or where it is too large and each run computes it anew, row
/// by row. `workload` must outlive it.
std::unique_ptr<report::FloatReference> hold_reference(const config::Settings& settings,
                                                       const config::MachineConfig& config,
                                                       const workload::Workload& workload);

}  // namespace topkima::platforms
