// SPDX-License-Identifier: Apache-2.0
#include "arith/requantise.h"

#include <algorithm>
#include <cstdlib>

#include "arith/fixed_point.h"

namespace topkima::arith {

TOPKIMA_SIMD_CLONES
void requantise(const std::int32_t* acc, int count, std::int64_t m, int q_max,
                std::int8_t* output) {
  // Dividend and divisor are whole numbers far below 2^52, so the floor of the rounded quotient is
  // the exact one.
  const double offset = static_cast<double>(m), divisor = 2.0 * static_cast<double>(m);
  const double factor = 2.0 * q_max, limit = q_max;
  for (int i = 0; i < count; ++i) {
    const double quotient = (static_cast<double>(acc[i]) * factor + offset) / divisor;
    // Truncation of a value made positive is its floor.
    const double shifted = std::min(std::max(quotient, -limit), limit + 0.5) + 256.0;
    output[i] = static_cast<std::int8_t>(static_cast<std::int32_t>(shifted) - 256);
  }
}

TOPKIMA_SIMD_CLONES
std::int64_t largest_magnitude(const std::int32_t* values, int count) {
  std::int32_t largest = 0;
  for (int i = 0; i < count; ++i) largest = std::max(largest, std::abs(values[i]));
  return largest;
}

}  // namespace topkima::arith
