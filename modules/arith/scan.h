// SPDX-License-Identifier: Apache-2.0
#pragma once
// Scanning a row of values for those above a threshold.

#include <cstdint>

namespace topkima::arith {

/// First index in first..count-1 whose value exceeds `threshold`, or `count`.
int next_above(const std::int16_t* values, int first, int count, std::int16_t threshold);
int next_above(const std::int32_t* values, int first, int count, std::int32_t threshold);

}  // namespace topkima::arith
