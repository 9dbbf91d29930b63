// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the host's firmware does the same way on every platform.

#include <vector>

#include "config/machine_config.h"
#include "pipeline/host.h"
#include "workload/calibration.h"

namespace topkima::platforms {

/// Programs ramp step and exponent table of every head of queries, masks and k of every chain.
void program_heads(pipeline::Host& host, const config::MachineConfig& config,
                   const std::vector<workload::HeadScale>& scales);

}  // namespace topkima::platforms
