// SPDX-License-Identifier: Apache-2.0
#include "arith/projection_circuit.h"

#include <algorithm>

#include "arith/bit_serial.h"
#include "arith/fixed_point.h"

namespace topkima::arith {
namespace {

/// Word lines that are added in one pass over the sums, which spares their loads and stores.
constexpr int lines_at_once = 4;

TOPKIMA_SIMD_CLONES
void add_lines(const std::int8_t* const* lines, int outputs, std::int16_t* sums) {
  const auto *a = lines[0], *b = lines[1], *c = lines[2], *d = lines[3];
  for (int o = 0; o < outputs; ++o)
    sums[o] = static_cast<std::int16_t>(sums[o] + (a[o] + b[o]) + (c[o] + d[o]));
}

TOPKIMA_SIMD_CLONES
void add_block(const std::int16_t* sums, int outputs, std::int32_t* held) {
  for (int o = 0; o < outputs; ++o) held[o] += sums[o];
}

/// Word lines whose sum of 8-bit cells fits 16 bits.
constexpr int most_lines = 256;

}  // namespace

ProjectionCircuit::ProjectionCircuit(const ProjectionConfig& config, const std::int8_t* weights,
                                     int inputs, int outputs, int column_mux)
    : config_(config),
      inputs_(inputs),
      outputs_(outputs),
      column_mux_(column_mux),
      lossy_(config.adc_bits != 0 &&
             config.adc_bits < lossless_adc_bits(config.array_rows, config.cell_bits)),
      slices_(lossy_ || config.defects.any()
                  ? static_cast<int>(ceil_div(config.weight_bits, config.cell_bits))
                  : 1),
      block_(std::size_t(outputs)),
      undriven_(std::size_t(outputs)),
      accumulators_(std::size_t(outputs)),
      reader_(config) {
  const std::size_t size = std::size_t(inputs) * std::size_t(outputs);
  const std::size_t sums = std::size_t(ceil_div(inputs, config.array_rows)) * std::size_t(slices_) *
                           std::size_t(outputs);
  if (config.defects.any()) {
    real_.emplace(config, weights, inputs, outputs);
    held_real_.resize(sums);
    return;
  }
  if (!lossy_) {
    // Partial sums that are read without loss add up to the product, whatever they are split into.
    cells_.assign(weights, weights + size);
    held_.resize(std::size_t(outputs));
    return;
  }
  const int offset = 1 << (config.weight_bits - 1), mask = (1 << config.cell_bits) - 1;
  for (int slice = 0; slice < slices_; ++slice)
    for (std::size_t i = 0; i < size; ++i)
      cells_.push_back(
          static_cast<std::int8_t>(((weights[i] + offset) >> (slice * config.cell_bits)) & mask));
  held_.resize(sums);
}

void ProjectionCircuit::start(const std::int8_t* x) {
  x_ = x;
  const std::int32_t correction = lossy_ || real_ ? -weight_offset(config_, x, inputs_) : 0;
  std::fill(accumulators_.begin(), accumulators_.end(), correction);
}

void ProjectionCircuit::drive_real() {
  std::fill(held_real_.begin(), held_real_.end(), 0);
  const auto width = std::size_t(slices_) * std::size_t(outputs_);
  for (int i = 0; i < inputs_; ++i) {
    if ((static_cast<std::uint8_t>(x_[i]) >> bit_ & 1) == 0) continue;
    double* held = held_real_.data() + std::size_t(i / config_.array_rows) * width;
    for (int slice = 0; slice < slices_; ++slice, held += outputs_) real_->add_line(slice, i, held);
  }
}

void ProjectionCircuit::drive(int bit) {
  bit_ = bit;
  driven_ = 0;
  for (int i = 0; i < inputs_; ++i) driven_ += static_cast<std::uint8_t>(x_[i]) >> bit & 1;
  if (real_) return drive_real();
  std::fill(held_.begin(), held_.end(), 0);
  const int block_rows = lossy_ ? config_.array_rows : inputs_;
  std::int32_t* held = held_.data();
  for (int first = 0; first < inputs_; first += block_rows) {
    const int last = std::min(inputs_, first + block_rows);
    for (int slice = 0; slice < slices_; ++slice, held += outputs_) {
      const std::int8_t* cells =
          cells_.data() + std::size_t(slice) * std::size_t(inputs_) * std::size_t(outputs_);
      for (int part = first; part < last; part += most_lines) {
        std::fill(block_.begin(), block_.end(), std::int16_t{0});
        const std::int8_t* lines[lines_at_once];
        int count = 0;
        const auto add = [&](const std::int8_t* line) {
          lines[count++] = line;
          if (count < lines_at_once) return;
          add_lines(lines, outputs_, block_.data());
          count = 0;
        };
        for (int i = part; i < std::min(last, part + most_lines); ++i)
          if (static_cast<std::uint8_t>(x_[i]) >> bit & 1)
            add(cells + std::size_t(i) * std::size_t(outputs_));
        while (count > 0) add(undriven_.data());
        add_block(block_.data(), outputs_, held);
      }
    }
  }
}

void ProjectionCircuit::convert(int phase) {
  if (real_) {
    int part = 0;
    for (const double* held = held_real_.data(); held < held_real_.data() + held_real_.size();
         held += outputs_, ++part)
      reader_.add(held, phase, column_mux_, outputs_, bit_, part % slices_, accumulators_.data());
    return;
  }
  const int sign = bit_ == config_.input_bits - 1 ? -1 : 1;  // two's complement
  if (!lossy_) {
    for (int o = phase; o < outputs_; o += column_mux_)
      accumulators_[std::size_t(o)] += sign * (1 << bit_) * held_[std::size_t(o)];
    return;
  }
  const std::int64_t full_scale = std::int64_t{config_.array_rows} * ((1 << config_.cell_bits) - 1);
  const auto step =
      static_cast<std::int32_t>(ceil_div(full_scale, std::int64_t{1} << config_.adc_bits));
  const std::int32_t top = (1 << config_.adc_bits) - 1;
  const std::size_t parts = held_.size() / std::size_t(outputs_);
  for (std::size_t part = 0; part < parts; ++part) {
    const int shift = static_cast<int>(part % std::size_t(slices_)) * config_.cell_bits;
    const std::int32_t weight = sign * (1 << (bit_ + shift)) * step;
    const std::int32_t* held = held_.data() + part * std::size_t(outputs_);
    for (int o = phase; o < outputs_; o += column_mux_)
      accumulators_[std::size_t(o)] += weight * std::min((2 * held[o] + step) / (2 * step), top);
  }
}

}  // namespace topkima::arith
