// SPDX-License-Identifier: Apache-2.0
#include "arith/ternary.h"

#include "arith/fixed_point.h"

namespace topkima::arith {

TOPKIMA_SIMD_CLONES
void ternary_digits(const std::int8_t* values, int count, int cell, std::int8_t* digits) {
  for (int i = 0; i < count; ++i) {
    const int value = values[i], sign = value < 0 ? -1 : 1;
    digits[i] = static_cast<std::int8_t>(sign * (((sign * value) >> cell) & 1));
  }
}

}  // namespace topkima::arith
