// SPDX-License-Identifier: Apache-2.0
#include "arith/av_product.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "arith/fixed_point.h"
#include "arith/ramp.h"
#include "arith/ternary.h"

namespace topkima::arith {
namespace {

TOPKIMA_SIMD_CLONES
void accumulate(const std::int8_t* digits, std::int32_t weight, int count, std::int32_t* sums) {
  for (int i = 0; i < count; ++i) sums[i] += weight * digits[i];
}

TOPKIMA_SIMD_CLONES
void convert_and_add(const std::int32_t* sums, const std::int32_t* readout, int slices, int d_k,
                     std::int32_t* output) {
  for (int b = 0; b < slices; ++b)
    for (int i = 0; i < d_k; ++i) output[i] += readout[sums[b * d_k + i]] * (1 << b);
}

}  // namespace

int auto_av_lsb(int prob_bits, int bits) {
  const int needed = ceil_div((1 << prob_bits) - 1, 1 << (bits - 1));
  return needed | 1;
}

AvProduct::AvProduct(const AvProductConfig& config, int tokens, int bank)
    : config_(config),
      bank_(bank),
      stuck_(config.cells, Effect::value_stuck, StuckCells::ternary),
      digits_(std::size_t(tokens) * config.slices * config.d_k) {
  const auto arrays = std::size_t(ceil_div(tokens, config.array_rows));
  partial_.resize(arrays * config.slices * config.d_k);
  is_driven_.resize(arrays);
  if (!config.ramp.any()) return;
  for (std::size_t array = 0; array < arrays; ++array) {
    RampDefects ramp = config.ramp;
    ramp.place += std::uint32_t(array);
    ramps_.emplace_back(ramp, value_ramp_effects, config.bits, static_cast<int>(columns()));
  }
  seen_.resize(columns());
  codes_.resize(columns());
}

void AvProduct::write(int token, const std::int8_t* values) {
  const int d_k = config_.d_k;
  std::int8_t* row = digits_.data() + std::size_t(token) * config_.slices * d_k;
  for (int b = 0; b < config_.slices; ++b) ternary_digits(values, d_k, b, row + b * d_k);
  if (stuck_.any())
    stuck_.apply(config_.cells.place + std::uint32_t(token / config_.array_rows), bank_,
                 token % config_.array_rows, static_cast<int>(columns()), row);
}

void AvProduct::prepare_readout(std::int32_t largest) {
  // No partial sum exceeds the sum of the weights; the table grows to the largest seen.
  if (largest <= reach_ && !readout_.empty()) return;
  reach_ = std::max(largest, 2 * config_.weight_max);
  readout_.resize(2 * std::size_t(reach_) + 1);
  for (std::int32_t p = -reach_; p <= reach_; ++p)
    readout_[static_cast<std::size_t>(std::int64_t{p} + reach_)] =
        config_.lsb * ramp_code(p, config_.lsb, config_.bits);
}

void AvProduct::drive(const Weight* weights, int count) {
  const int columns = static_cast<int>(this->columns());
  for (int w = 0; w < count; ++w) {
    const int array = weights[w].token / config_.array_rows;
    if (!is_driven_[std::size_t(array)]) {
      is_driven_[std::size_t(array)] = 1;
      driven_.push_back(array);
    }
    accumulate(digits(weights[w].token), weights[w].probability, columns,
               partial_.data() + std::size_t(array) * columns);
  }
}

void AvProduct::clear_driven() {
  for (const int array : driven_) {
    std::fill_n(partial_.data() + std::size_t(array) * columns(), columns(), 0);
    is_driven_[std::size_t(array)] = 0;
  }
  driven_.clear();
}

Interval AvProduct::live_arrays(const Interval& live) const {
  if (live.size() == 0) return {};
  const auto behind = static_cast<int>(ceil_div(live.end, config_.array_rows));
  return {live.first / config_.array_rows, std::min(behind, arrays())};
}

void AvProduct::read(const Weight* weights, int count, std::int32_t* output, const Row& row) {
  std::fill_n(output, config_.d_k, 0);
  if (count == 0) return;
  drive(weights, count);
  if (!ramps_.empty()) {
    read_real(output, row);
  } else {
    std::int32_t sum = 0;
    for (int w = 0; w < count; ++w) sum += weights[w].probability;
    prepare_readout(sum);
    // An array without a winner holds zero on its bit lines, which reads as code 0.
    for (const int array : driven_)
      convert_and_add(partial_.data() + std::size_t(array) * columns(), readout_.data() + reach_,
                      config_.slices, config_.d_k, output);
  }
  clear_driven();
}

void AvProduct::read_real(std::int32_t* output, const Row& row) {
  const int columns = static_cast<int>(this->columns());
  const Interval live = live_arrays(row.live);
  for (auto array = std::size_t(live.first); array < std::size_t(live.end); ++array) {
    ramps_[array].disturb(partial_.data() + array * std::size_t(columns), columns, config_.lsb,
                          row.sequence, row.number, seen_.data());
    ramps_[array].codes(seen_.data(), columns, codes_.data());
    for (int column = 0; column < columns; ++column)
      output[column % config_.d_k] +=
          config_.lsb * codes_[std::size_t(column)] * (1 << column / config_.d_k);
  }
}

namespace {

TOPKIMA_SIMD_CLONES
void integrate(const std::int32_t* current, std::size_t count, std::int32_t* charge) {
  for (std::size_t i = 0; i < count; ++i) charge[i] += current[i];
}

/// Latches `code` where low <= 2 charge <= high; returns how many columns did.
TOPKIMA_SIMD_CLONES
int latch(const std::int32_t* charge, std::size_t count, std::int32_t low, std::int32_t high,
          std::int16_t code, std::int16_t* codes) {
  int crossed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t twice = 2 * charge[i];
    const bool crosses = (twice >= low) & (twice <= high);
    codes[i] = crosses ? code : codes[i];
    crossed += crosses;
  }
  return crossed;
}

}  // namespace

void AvCircuit::start(const AvProduct& arrays, const AvProduct::Weight* weights, int count,
                      const AvProduct::Row& row_served) {
  arrays_ = &arrays;
  row_ = row_served;
  rows_.assign(weights, weights + count);
  std::stable_sort(rows_.begin(), rows_.end(),
                   [](const auto& a, const auto& b) { return a.probability > b.probability; });
  // Arrays without a winner stay at zero. With an ideal ramp that reads as code 0: they are left
  // out.
  const Interval live = arrays.live_arrays(row_.live);
  held_.resize(rows_.empty() || arrays.ramps().empty() ? 0 : std::size_t(live.size()));
  std::iota(held_.begin(), held_.end(), live.first);
  array_of_row_.clear();
  for (const auto& row : rows_) {
    const int array = row.token / arrays.config().array_rows;
    const auto found = std::find(held_.begin(), held_.end(), array);
    array_of_row_.push_back(static_cast<int>(found - held_.begin()));
    if (found == held_.end()) held_.push_back(array);
  }
  const std::size_t columns = arrays.columns();
  current_.assign(held_.size() * columns, 0);
  charge_.assign(current_.size(), 0);
  codes_.assign(current_.size(), 0);
  elapsed_ = driven_ = crossed_ = 0;
  code_ = 1 << (arrays.config().bits - 1);
  while (driven_ < count && rows_[std::size_t(driven_)].probability > 0) {
    const auto row = std::size_t(driven_++);
    accumulate(arrays.digits(rows_[row].token), 1, static_cast<int>(columns),
               current_.data() + std::size_t(array_of_row_[row]) * columns);
  }
}

void AvCircuit::pulse() {
  integrate(current_.data(), current_.size(), charge_.data());
  ++elapsed_;
  const std::size_t columns = arrays_->columns();
  while (driven_ > 0 && rows_[std::size_t(driven_ - 1)].probability <= elapsed_) {
    const auto row = std::size_t(--driven_);
    accumulate(arrays_->digits(rows_[row].token), -1, static_cast<int>(columns),
               current_.data() + std::size_t(array_of_row_[row]) * columns);
  }
}

void AvCircuit::ramp_step_real() {
  const auto& ramps = arrays_->ramps();
  const auto& config = arrays_->config();
  const int columns = static_cast<int>(arrays_->columns());
  const int highest = (1 << (config.bits - 1)) - 1;
  if (code_ > highest) {
    seen_.resize(charge_.size());
    for (std::size_t first = 0, a = 0; first < charge_.size(); first += std::size_t(columns), ++a)
      ramps[std::size_t(held_[a])].disturb(charge_.data() + first, columns, config.lsb,
                                           row_.sequence, row_.number, seen_.data() + first);
  }
  --code_;
  crossed_ = 0;
  for (std::size_t column = 0; column < charge_.size(); ++column) {
    const RealRamp& ramp = ramps[std::size_t(held_[column / std::size_t(columns)])];
    const double above =
        code_ == highest ? std::numeric_limits<double>::infinity() : ramp.reach(code_ + 1);
    if (seen_[column] < ramp.reach(code_) || seen_[column] >= above) continue;
    codes_[column] = static_cast<std::int16_t>(code_);
    ++crossed_;
  }
}

void AvCircuit::ramp_step() {
  if (!arrays_->ramps().empty()) return ramp_step_real();
  const auto& config = arrays_->config();
  const int highest = (1 << (config.bits - 1)) - 1, lowest = -highest - 1;
  const auto bound = [&](int code) {
    const std::int64_t level = (2 * std::int64_t{code} - 1) * config.lsb;
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(level, INT32_MIN + 1, INT32_MAX));
  };
  --code_;
  const std::int32_t low = code_ == lowest ? INT32_MIN : bound(code_);
  const std::int32_t high = code_ == highest ? INT32_MAX : bound(code_ + 1) - 1;
  crossed_ = latch(charge_.data(), charge_.size(), low, high, static_cast<std::int16_t>(code_),
                   codes_.data());
}

std::vector<std::int16_t> AvCircuit::codes() const {
  const std::size_t columns = arrays_->columns();
  std::vector<std::int16_t> all(std::size_t(arrays_->arrays()) * columns);
  for (std::size_t place = 0; place < held_.size(); ++place)
    std::copy_n(codes_.data() + place * columns, columns,
                all.data() + std::size_t(held_[place]) * columns);
  return all;
}

void shift_and_add(const AvProductConfig& config, const std::int16_t* codes, int arrays,
                   std::int32_t* values) {
  std::fill_n(values, config.d_k, 0);
  for (int array = 0; array < arrays; ++array)
    for (int b = 0; b < config.slices; ++b)
      for (int i = 0; i < config.d_k; ++i) values[i] += config.lsb * *codes++ * (1 << b);
}

}  // namespace topkima::arith
