#include "arith/weighted_value.h"

#include <algorithm>

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
void shift_and_add(const std::int32_t* sums, const std::int32_t* readout, int slices, int d_k,
                   std::int32_t* output) {
  for (int b = 0; b < slices; ++b)
    for (int i = 0; i < d_k; ++i) output[i] += readout[sums[b * d_k + i]] * (1 << b);
}

}  // namespace

WeightedValue::WeightedValue(const WeightedValueConfig& config, int tokens)
    : config_(config), digits_(std::size_t(tokens) * config.slices * config.d_k) {
  const auto arrays = std::size_t(ceil_div(tokens, config.array_rows));
  partial_.resize(arrays * config.slices * config.d_k);
  is_driven_.resize(arrays);
}

void WeightedValue::write(int token, const std::int8_t* values) {
  const int d_k = config_.d_k;
  std::int8_t* row = digits_.data() + std::size_t(token) * config_.slices * d_k;
  for (int b = 0; b < config_.slices; ++b) ternary_digits(values, d_k, b, row + b * d_k);
}

void WeightedValue::prepare_readout(std::int32_t largest) {
  // No partial sum exceeds the sum of the weights; the table grows to the largest seen.
  if (largest <= reach_ && !readout_.empty()) return;
  reach_ = std::max(largest, 2 * config_.weight_max);
  readout_.resize(2 * std::size_t(reach_) + 1);
  for (std::int32_t p = -reach_; p <= reach_; ++p)
    readout_[std::size_t(p + reach_)] = config_.lsb * ramp_code(p, config_.lsb, config_.bits);
}

void WeightedValue::read(const Weight* weights, int count, std::int32_t* output) {
  const int columns = config_.slices * config_.d_k;
  std::int32_t sum = 0;
  for (int w = 0; w < count; ++w) {
    const int array = weights[w].token / config_.array_rows;
    if (!is_driven_[std::size_t(array)]) {
      is_driven_[std::size_t(array)] = 1;
      driven_.push_back(array);
    }
    accumulate(digits_.data() + std::size_t(weights[w].token) * columns, weights[w].probability,
               columns, partial_.data() + std::size_t(array) * columns);
    sum += weights[w].probability;
  }
  prepare_readout(sum);
  // An array without a winner holds zero on its bit lines, which reads as code 0.
  std::fill_n(output, config_.d_k, 0);
  for (const int array : driven_) {
    std::int32_t* sums = partial_.data() + std::size_t(array) * columns;
    shift_and_add(sums, readout_.data() + reach_, config_.slices, config_.d_k, output);
    std::fill_n(sums, columns, 0);
    is_driven_[std::size_t(array)] = 0;
  }
  driven_.clear();
}

}  // namespace topkima::arith
