// SPDX-License-Identifier: Apache-2.0
#pragma once
// Inputs that reach a crossbar bit by bit: how much is driven, how wide a result is.

#include <cstdint>

namespace topkima::arith {

/// Ones in the lowest `bits` bits (1..8) of `count` values in two's complement.
int count_ones(const std::int8_t* values, int count, int bits);
/// Width that reads a partial sum of `rows` cells of `cell_bits` bits without loss.
int lossless_adc_bits(int rows, int cell_bits);

}  // namespace topkima::arith
