// SPDX-License-Identifier: Apache-2.0
// The part of the energy model that is about whole encoders.

#include <cmath>
#include <vector>

#include "arith/fixed_point.h"
#include "energy/energy_model.h"

namespace topkima::energy {

using stage::Component;
using stage::Event;

namespace {

constexpr double bits_per_byte = 8;
/// Products of normalisation and gains; its sums.
constexpr double factor_bits = 16, sum_bits = 32;
/// Multipliers of a lane, each as many adders as a factor has bits.
constexpr double lane_multipliers = 2, lane_adders = 3;
/// Bits of a root of 26 and of a reciprocal of 16, one per step of subtraction and shift.
constexpr double root_steps = 42;
constexpr double residual_bytes = 2, table_bytes = 255;
/// Places of a layer between which residual rows are held.
constexpr double residual_buffers = 3;

struct MatrixShape {
  double inputs, outputs;
};

std::vector<MatrixShape> matrices(const EncoderShape& encoder, double width) {
  std::vector<MatrixShape> all{{double(encoder.inputs), width}, {width, double(encoder.classes)}};
  for (int layer = 0; layer < encoder.layers; ++layer)
    for (const MatrixShape shape : {MatrixShape{width, width},
                                    {width, double(encoder.hidden)},
                                    {double(encoder.hidden), width}})
      all.push_back(shape);
  return all;
}

}  // namespace

EnergyModel::EnergyModel(const Technology& technology, const config::MachineConfig& config,
                         const EncoderShape& encoder)
    : EnergyModel(technology, config, stage::in_encoder) {
  for (auto& module : entries_) {
    module.instances *= encoder.layers;
    module.area_mm2 = Traced(encoder.layers) * module.area_mm2;
    module.leakage_mw = Traced(encoder.layers) * module.leakage_mw;
  }
  dense(encoder);
  vector(encoder);
  token_traffic(encoder);
}

void EnergyModel::dense(const EncoderShape& encoder) {
  const auto& c = config_;
  const double slices = double(arith::ceil_div(c.projection.weight_bits, c.rram.cell_bits));
  for (const auto& matrix : matrices(encoder, c.shape.d_model())) {
    const double blocks = std::ceil(matrix.inputs / c.rram.rows);
    place(Component::dense, 1,
          Silicon(technology_).rram(blocks * c.rram.rows * matrix.outputs * slices));
    place(Component::dense_adc, 1,
          Silicon(technology_)
              .adcs(std::ceil(blocks * matrix.outputs * slices / c.projection.column_mux),
                    c.rram.adc_bits)
              .gates(tile_accumulators(matrix.outputs, blocks)));
  }
  entry(Component::dense).energies = entry(Component::projection).energies;
  entry(Component::dense_adc).energies = entry(Component::projection_adc).energies;
}

void EnergyModel::vector(const EncoderShape& encoder) {
  const auto& c = config_;
  const Traced full_adder = constant("logic.full_adder_gates"),
               flip_flop = constant("logic.flip_flop_gates");
  const Traced lane = full_adder * Traced(lane_multipliers * factor_bits * factor_bits) +
                      full_adder * Traced(lane_adders * sum_bits) +
                      flip_flop * Traced(lane_adders * sum_bits);
  const double held =
      residual_bytes * c.shape.d_model() * (c.pipeline.queue_depth + 2) * residual_buffers;
  const double norms = 1 + 2.0 * encoder.layers;
  place(Component::vector, norms,
        Silicon(technology_).gates(Traced(encoder.lanes) * lane).sram(held * bits_per_byte));
  place(Component::vector, encoder.layers,
        Silicon(technology_).sram(encoder.lanes * table_bytes * bits_per_byte));
  auto& unit = entry(Component::vector).energies;
  unit[Event::multiplication] = Traced(factor_bits) * adder(factor_bits);
  unit[Event::addition] = adder(sum_bits);
  unit[Event::root] = Traced(root_steps) * (adder(sum_bits) + registers(sum_bits));
  unit[Event::lookup] = unit[Event::buffer_read_byte] = unit[Event::buffer_write_byte] =
      constant("buffer.byte");
}

/// What brings tokens to the modules around attention and takes them back: memory for two samples'
/// tokens between modules, a bus of two directions and two DMA channels for each module.
void EnergyModel::token_traffic(const EncoderShape& encoder) {
  const auto& c = config_;
  const double modules = 2 + encoder.layers, width = c.shape.d_model();
  place(
      Component::memory, modules,
      Silicon(technology_).sram(2 * c.shape.tokens * width * (1 + residual_bytes) * bits_per_byte));
  place(Component::bus, 2 * modules, Silicon(technology_));
  const double held =
      (c.dma.prefetch_rows + c.pipeline.queue_depth + 1) * width * (1 + residual_bytes);
  place(Component::dma, modules,
        Silicon(technology_).sram(held * bits_per_byte).gates(constant("dma.gates") * Traced(2)));
}

}  // namespace topkima::energy
