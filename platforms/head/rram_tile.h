// SPDX-License-Identifier: Apache-2.0
#pragma once
// What all RRAM tiles of a machine share, whichever matrix they hold.

#include "config/machine_config.h"
#include "crossbar/projection_tile.h"

namespace topkima::platforms {

/// Arrays, times, queue and fidelity from sections "projection" and "rram"; the matrix's shape, its
/// largest result and its defects are left to the caller.
crossbar::ProjectionTile::Config rram_tile(const config::MachineConfig& config);

}  // namespace topkima::platforms
