// SPDX-License-Identifier: Apache-2.0
#include "arith/bit_serial.h"

#include "arith/fixed_point.h"

namespace topkima::arith {

TOPKIMA_SIMD_CLONES
int count_ones(const std::int8_t* values, int count, int bits) {
  const int mask = (1 << bits) - 1;
  int ones = 0;
  for (int i = 0; i < count; ++i) {
    // Added up in pairs of bits, then of pairs, then of fours.
    int v = values[i] & mask;
    v -= v >> 1 & 0x55;
    v = (v & 0x33) + (v >> 2 & 0x33);
    ones += (v + (v >> 4)) & 0x0f;
  }
  return ones;
}

int lossless_adc_bits(int rows, int cell_bits) {
  const std::int64_t levels = std::int64_t{rows} * ((1 << cell_bits) - 1) + 1;
  int bits = 0;
  while ((std::int64_t{1} << bits) < levels) ++bits;
  return bits;
}

}  // namespace topkima::arith
