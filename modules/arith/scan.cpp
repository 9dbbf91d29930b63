// SPDX-License-Identifier: Apache-2.0
#include "arith/scan.h"

#include "arith/fixed_point.h"

namespace topkima::arith {
namespace {

constexpr int block = 64;

/// Most blocks hold nothing above the threshold: they are tested as a whole, in vector registers.
template <typename T>
inline __attribute__((always_inline)) int scan(const T* values, int first, int count, T threshold) {
  int i = first;
  for (; i + block <= count; i += block) {
    T any = 0;
    for (int j = 0; j < block; ++j) any |= static_cast<T>(-(values[i + j] > threshold));
    if (any) break;
  }
  while (i < count && values[i] <= threshold) ++i;
  return i;
}

}  // namespace

TOPKIMA_SIMD_CLONES
int next_above(const std::int16_t* values, int first, int count, std::int16_t threshold) {
  return scan(values, first, count, threshold);
}

TOPKIMA_SIMD_CLONES
int next_above(const std::int32_t* values, int first, int count, std::int32_t threshold) {
  return scan(values, first, count, threshold);
}

}  // namespace topkima::arith
