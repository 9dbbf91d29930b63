// SPDX-License-Identifier: Apache-2.0
#include "arith/rram_cells.h"

#include <algorithm>
#include <cmath>

#include "arith/bit_serial.h"
#include "arith/fixed_point.h"
#include "arith/stuck_cells.h"

namespace topkima::arith {
namespace {

double unit_of(const ProjectionConfig& config) { return 1 << (14 - config.cell_bits); }

TOPKIMA_SIMD_CLONES
void conduct(const std::int8_t* levels, const double* variation, double sigma, double unit,
             int count, float* conductances) {
  for (int i = 0; i < count; ++i) {
    const double varied = std::max(0.0, 1 + sigma * variation[i]);
    conductances[i] = static_cast<float>(std::floor(levels[i] * varied * unit + 0.5));
  }
}

TOPKIMA_SIMD_CLONES
void add_floats(const float* terms, std::size_t count, double* sums) {
  for (std::size_t i = 0; i < count; ++i) sums[i] += terms[i];
}

/// Numerator and denominator are whole numbers far below 2^52, so the floor of the rounded quotient
/// is the exact one.
inline std::int32_t code_of(double sum, double step, double top) {
  return static_cast<std::int32_t>(std::min((2 * sum + step) / (2 * step), top));
}

TOPKIMA_SIMD_CLONES
void add_codes(const double* sums, int count, double step, double top, std::int32_t weight,
               std::int32_t* acc) {
  for (int i = 0; i < count; ++i) acc[i] += weight * code_of(sums[i], step, top);
}

}  // namespace

RramCells::RramCells(const ProjectionConfig& config, const std::int8_t* weights, int inputs,
                     int outputs)
    : inputs_(std::size_t(inputs)), outputs_(std::size_t(outputs)) {
  const auto& defects = config.defects;
  const int offset = 1 << (config.weight_bits - 1), highest = (1 << config.cell_bits) - 1;
  const auto slices = static_cast<int>(ceil_div(config.weight_bits, config.cell_bits));
  const StuckCells stuck(defects.cells, Effect::rram_stuck, StuckCells::on_or_off(highest));
  const Draws draws(defects.key, Effect::rram_variation);
  conductances_.resize(std::size_t(slices) * inputs_ * outputs_);
  std::vector<std::int8_t> levels(outputs_);
  std::vector<double> variation(outputs_, 0.0);
  float* line = conductances_.data();
  for (int slice = 0; slice < slices; ++slice)
    for (int i = 0; i < inputs; ++i, line += outputs) {
      const std::int8_t* row = weights + std::size_t(i) * outputs_;
      const std::uint32_t place = rram_place(defects.projection, slice);
      for (std::size_t o = 0; o < outputs_; ++o)
        levels[o] =
            static_cast<std::int8_t>((row[o] + offset) >> (slice * config.cell_bits) & highest);
      if (stuck.any()) stuck.apply(place, 0, i, outputs, levels.data());
      if (defects.sigma > 0)
        draws.gaussians({std::uint32_t(i), place, 0}, outputs, variation.data());
      conduct(levels.data(), variation.data(), defects.sigma, unit_of(config), outputs, line);
    }
}

void RramCells::add_line(int slice, int input, double* sums) const {
  add_floats(line(slice, input), outputs_, sums);
}

PartialSumReader::PartialSumReader(const ProjectionConfig& config)
    : config_(config), unit_(unit_of(config)) {
  const int lossless = lossless_adc_bits(config.array_rows, config.cell_bits);
  const int bits = config.adc_bits == 0 ? lossless : std::min(config.adc_bits, lossless);
  const std::int64_t full_scale = std::int64_t{config.array_rows} * ((1 << config.cell_bits) - 1);
  step_ = static_cast<std::int32_t>(ceil_div(full_scale, std::int64_t{1} << bits));
  top_ = (1 << bits) - 1;
}

void PartialSumReader::add(const double* sums, int first, int stride, int count, int bit, int slice,
                           std::int32_t* acc) const {
  const int sign = bit == config_.input_bits - 1 ? -1 : 1;  // two's complement
  const std::int32_t weight = sign * (1 << (bit + slice * config_.cell_bits)) * step_;
  const double step = step_ * unit_;
  if (stride == 1) return add_codes(sums + first, count - first, step, top_, weight, acc + first);
  for (int i = first; i < count; i += stride) acc[i] += weight * code_of(sums[i], step, top_);
}

std::int32_t weight_offset(const ProjectionConfig& config, const std::int8_t* x, int inputs) {
  std::int32_t sum = 0;
  for (int i = 0; i < inputs; ++i) sum += x[i];
  return sum * (1 << (config.weight_bits - 1));
}

}  // namespace topkima::arith
