// SPDX-License-Identifier: Apache-2.0
#include "arith/vector_unit.h"

#include <algorithm>
#include <cmath>

#include "arith/fixed_point.h"

namespace topkima::arith {
namespace {

/// Fraction bits of a normalised value, and of gain and bias.
constexpr int value_bits = 12, bias_bits = 20;
/// Bits of a reciprocal's mantissa.
constexpr int mantissa_bits = 15;
constexpr std::int64_t most_activation = 127;

int bit_length(std::uint64_t value) {
  int bits = 0;
  for (; value != 0; value >>= 1) ++bits;
  return bits;
}

/// floor(value / 2^bits): the shift is arithmetic with every compiler there is.
constexpr std::int64_t shift_down(std::int64_t value, int bits) { return value >> bits; }

}  // namespace

TOPKIMA_SIMD_CLONES
void add_branch(std::int16_t* residual, const std::int8_t* branch, int count, std::int32_t gain) {
  constexpr std::int64_t half = std::int64_t{1} << (gain_fraction_bits - 1);
  for (int i = 0; i < count; ++i) {
    const std::int64_t sum =
        residual[i] + shift_down(std::int64_t{gain} * branch[i] + half, gain_fraction_bits);
    residual[i] = static_cast<std::int16_t>(std::clamp<std::int64_t>(sum, INT16_MIN, INT16_MAX));
  }
}

std::uint64_t integer_root(std::uint64_t value) {
  // The rounded root is off by one at most.
  constexpr std::uint64_t largest = 0xffff'ffff;
  auto root = std::min(static_cast<std::uint64_t>(std::sqrt(static_cast<double>(value))), largest);
  while (root * root > value) --root;
  while (root < largest && (root + 1) * (root + 1) <= value) ++root;
  return root;
}

void normalise(const std::int16_t* row, int count, const std::int32_t* gain,
               const std::int32_t* bias, std::int8_t* x) {
  std::int64_t sum = 0;
  for (int i = 0; i < count; ++i) sum += row[i];
  std::int64_t squares = 0;
  for (int i = 0; i < count; ++i) {
    const std::int64_t deviation = std::int64_t{count} * row[i] - sum;
    squares += deviation * deviation;
  }
  const auto root = std::max<std::uint64_t>(
      integer_root(static_cast<std::uint64_t>(squares) / static_cast<unsigned>(count)), 1);
  const int bits = bit_length(root);
  const auto reciprocal =
      static_cast<std::int64_t>((std::uint64_t{1} << (bits + mantissa_bits)) / root);
  const int shift = bits + mantissa_bits - value_bits;
  constexpr std::int64_t half = std::int64_t{1} << (bias_bits - 1);
  for (int i = 0; i < count; ++i) {
    const std::int64_t value = shift_down((std::int64_t{count} * row[i] - sum) * reciprocal, shift);
    const std::int64_t scaled = shift_down(gain[i] * value + bias[i] + half, bias_bits);
    x[i] = static_cast<std::int8_t>(std::clamp(scaled, -most_activation, most_activation));
  }
}

void look_up(const GeluTable& table, std::int8_t* x, int count) {
  for (int i = 0; i < count; ++i) x[i] = table[static_cast<std::size_t>(x[i] + most_activation)];
}

int first_largest(const std::int8_t* values, int count) {
  return static_cast<int>(std::max_element(values, values + count) - values);
}

}  // namespace topkima::arith
