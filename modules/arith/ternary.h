// SPDX-License-Identifier: Apache-2.0
#pragma once
// Signed values in ternary cells: cell c of a value holds its sign where bit c of its magnitude is
// set, so that value = sum over c of 2^c * digit.

#include <cstdint>

namespace topkima::arith {

/// Digit `cell` of each of `count` values.
void ternary_digits(const std::int8_t* values, int count, int cell, std::int8_t* digits);

}  // namespace topkima::arith
