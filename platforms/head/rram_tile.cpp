// SPDX-License-Identifier: Apache-2.0
#include "head/rram_tile.h"

namespace topkima::platforms {

crossbar::ProjectionTile::Config rram_tile(const config::MachineConfig& config) {
  crossbar::ProjectionTile::Config tile{};
  tile.arrays.input_bits = config.projection.input_bits;
  tile.arrays.weight_bits = config.projection.weight_bits;
  tile.arrays.cell_bits = config.rram.cell_bits;
  tile.arrays.array_rows = config.rram.rows;
  tile.arrays.adc_bits = config.rram.adc_bits;
  tile.precharge = config.projection.precharge_cycles;
  tile.column_mux = config.projection.column_mux;
  tile.adder = config.projection.adder_cycles;
  tile.queue_depth = config.pipeline.queue_depth;
  tile.fidelity = config.fidelity.projection;
  return tile;
}

}  // namespace topkima::platforms
