// SPDX-License-Identifier: Apache-2.0
#pragma once
// Accumulated products, back to the few bits of an operand.

#include <cstdint>

namespace topkima::arith {

/// q = clamp(floor((2 acc q_max + m) / (2 m)), -q_max, q_max); m >= 1 is the head's largest |acc|.
void requantise(const std::int32_t* acc, int count, std::int64_t m, int q_max, std::int8_t* output);

/// Largest |value|.
std::int64_t largest_magnitude(const std::int32_t* values, int count);

}  // namespace topkima::arith
