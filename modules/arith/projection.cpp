// SPDX-License-Identifier: Apache-2.0
#include "arith/projection.h"

#include <algorithm>
#include <cmath>

#include "arith/bit_serial.h"
#include "arith/fixed_point.h"
#include "arith/rram_cells.h"

namespace topkima::arith {

Projection::Projection(const ProjectionConfig& config, const std::int8_t* weights, int inputs,
                       int outputs)
    : config_(config), inputs_(inputs), outputs_(outputs) {
  if (config.defects.any()) {
    cells_ = std::make_unique<RramCells>(config, weights, inputs, outputs);
    return;
  }
  const bool lossy = config.adc_bits != 0 &&
                     config.adc_bits < lossless_adc_bits(config.array_rows, config.cell_bits);
  if (!lossy) {
    exact_.pack(weights, inputs, outputs);
    return;
  }
  const int offset = 1 << (config.weight_bits - 1);
  const int mask = (1 << config.cell_bits) - 1;
  std::vector<std::int8_t> cells;
  for (int first = 0; first < inputs; first += config.array_rows) {
    const int rows = std::min(config.array_rows, inputs - first);
    cells.resize(std::size_t(rows) * outputs);
    for (int shift = 0; shift < config.weight_bits; shift += config.cell_bits) {
      const std::int8_t* block = weights + std::size_t(first) * outputs;
      for (std::size_t i = 0; i < cells.size(); ++i)
        cells[i] = static_cast<std::int8_t>(((block[i] + offset) >> shift) & mask);
      slices_.emplace_back();
      slices_.back().pack(cells.data(), rows, outputs);
    }
  }
}

Projection::~Projection() = default;
Projection::Projection(Projection&&) noexcept = default;

void Projection::accumulate(const std::int8_t* x, int rows, std::int32_t* acc) const {
  if (cells_)
    accumulate_real(x, rows, acc);
  else if (slices_.empty())
    exact_.multiply(x, rows, acc);
  else
    accumulate_partial_sums(x, rows, acc);
}

void Projection::accumulate_partial_sums(const std::int8_t* x, int rows, std::int32_t* acc) const {
  const std::int64_t full_scale = std::int64_t{config_.array_rows} * ((1 << config_.cell_bits) - 1);
  const auto step =
      static_cast<std::int32_t>(ceil_div(full_scale, std::int64_t{1} << config_.adc_bits));
  const std::int32_t top = (1 << config_.adc_bits) - 1;
  const std::size_t outputs = std::size_t(rows) * outputs_;

  for (int r = 0; r < rows; ++r)
    std::fill_n(acc + std::size_t(r) * outputs_, outputs_,
                -weight_offset(config_, x + std::size_t(r) * inputs_, inputs_));

  std::vector<std::int8_t> bits;
  std::vector<std::int32_t> partial(outputs);
  auto slice = slices_.begin();
  for (int first = 0; first < inputs_; first += config_.array_rows) {
    const int depth = std::min(config_.array_rows, inputs_ - first);
    bits.resize(std::size_t(rows) * depth);
    const auto block = slice;
    for (int bit = 0; bit < config_.input_bits; ++bit) {
      for (int r = 0; r < rows; ++r)
        for (int i = 0; i < depth; ++i)
          bits[std::size_t(r) * depth + i] = static_cast<std::int8_t>(
              (static_cast<std::uint8_t>(x[std::size_t(r) * inputs_ + first + i]) >> bit) & 1);
      slice = block;
      for (int shift = 0; shift < config_.weight_bits; shift += config_.cell_bits, ++slice) {
        slice->multiply(bits.data(), rows, partial.data());
        const bool negative = bit == config_.input_bits - 1;  // the sign bit of two's complement
        const std::int32_t weight = (negative ? -1 : 1) * (1 << (bit + shift)) * step;
        for (std::size_t o = 0; o < outputs; ++o)
          acc[o] += weight * std::min((2 * partial[o] + step) / (2 * step), top);
      }
    }
  }
}

namespace {

/// Bit b of row r of x [rows, inputs] in row r * bits + b.
void spread_bits(const std::int8_t* x, int rows, int inputs, int bits, float* spread) {
  for (int r = 0; r < rows; ++r, x += inputs)
    for (int bit = 0; bit < bits; ++bit)
      for (int i = 0; i < inputs; ++i)
        *spread++ = static_cast<float>(static_cast<std::uint8_t>(x[i]) >> bit & 1);
}

TOPKIMA_SIMD_CLONES
void add_floats(const float* terms, std::size_t count, double* sums) {
  for (std::size_t i = 0; i < count; ++i) sums[i] += terms[i];
}

}  // namespace

void Projection::accumulate_real(const std::int8_t* x, int rows, std::int32_t* acc) const {
  constexpr int rows_at_once = 16;  // the sums stay in the cache
  const PartialSumReader reader(config_);
  const int bits = config_.input_bits;
  const auto slices = static_cast<int>(ceil_div(config_.weight_bits, config_.cell_bits));
  const std::size_t most = std::size_t(std::min(rows, rows_at_once)) * std::size_t(bits);
  std::vector<float> driven(most * std::size_t(inputs_)), part(most * std::size_t(outputs_));
  std::vector<double> sums(part.size());
  for (int row = 0; row < rows; row += rows_at_once) {
    const int count = std::min(rows_at_once, rows - row);
    const std::int8_t* from = x + std::size_t(row) * inputs_;
    std::int32_t* to = acc + std::size_t(row) * outputs_;
    spread_bits(from, count, inputs_, bits, driven.data());
    for (int r = 0; r < count; ++r)
      std::fill_n(to + std::size_t(r) * outputs_, outputs_,
                  -weight_offset(config_, from + std::size_t(r) * inputs_, inputs_));
    for (int slice = 0; slice < slices; ++slice)
      for (int first = 0; first < inputs_; first += config_.array_rows) {
        const int last = std::min(inputs_, first + config_.array_rows);
        std::fill(sums.begin(), sums.end(), 0);
        for (int line = first; line < last; line += most_rram_lines) {
          multiply(driven.data() + line, inputs_, count * bits, cells_->line(slice, line),
                   std::min(most_rram_lines, last - line), outputs_, part.data());
          add_floats(part.data(), std::size_t(count) * bits * outputs_, sums.data());
        }
        for (int r = 0; r < count * bits; ++r)
          reader.add(sums.data() + std::size_t(r) * outputs_, 0, 1, outputs_, r % bits, slice,
                     to + std::size_t(r / bits) * outputs_);
      }
  }
}

}  // namespace topkima::arith
