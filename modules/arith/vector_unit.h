// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a vector unit computes between the matrices of an encoder, on one row (docs/encoder.md):
// residual additions, normalisations and GELU, all on integers.

#include <array>
#include <cstdint>

namespace topkima::arith {

/// Longest row that 64 bits can normalise.
constexpr int longest_normalised_row = 1024;
/// A branch is added as floor((gain D + 128) / 256).
constexpr int gain_fraction_bits = 8;
/// Limits of gains, exclusive.
constexpr std::int32_t largest_gain = 1 << 24;

/// residual[i] = sat16(residual[i] + floor((gain branch[i] + 128) / 256)); 0 <= gain < 2^24.
void add_branch(std::int16_t* residual, const std::int8_t* branch, int count, std::int32_t gain);

/// floor(sqrt(value)).
std::uint64_t integer_root(std::uint64_t value);

/// x = the row with mean 0 and deviation 1, times gain plus bias, in 8 bits. `gain` has 8 fraction
/// bits, |gain| < 2^24, `bias` 20. 1 <= count <= longest_normalised_row.
void normalise(const std::int16_t* row, int count, const std::int32_t* gain,
               const std::int32_t* bias, std::int8_t* x);

/// The function's values, indexed by x + 127, for x in -127..127.
using GeluTable = std::array<std::int8_t, 255>;
/// x[i] becomes table[x[i] + 127].
void look_up(const GeluTable& table, std::int8_t* x, int count);

/// The first of the largest values.
int first_largest(const std::int8_t* values, int count);

}  // namespace topkima::arith
