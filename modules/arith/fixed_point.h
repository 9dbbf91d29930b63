// SPDX-License-Identifier: Apache-2.0
#pragma once
// Integer arithmetic shared by every block. No SystemC.

#include <algorithm>
#include <cstdint>

// Hot loops are compiled for several instruction sets and picked at run time, so that one binary
// is fast on every machine, with the same bits in each version: they are integers, or floats whose
// order is kept. A sanitizer's run time is not there yet when the loader picks one.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TOPKIMA_SIMD_CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define TOPKIMA_SIMD_CLONES
#endif

namespace topkima::arith {

/// Largest magnitude of a sign-magnitude (symmetric) number of `bits` bits: 5 -> 15.
constexpr int magnitude_max(int bits) { return (1 << (bits - 1)) - 1; }

/// Quotient rounded towards minus infinity; `divisor` > 0.
constexpr std::int64_t floor_div(std::int64_t dividend, std::int64_t divisor) {
  const std::int64_t quotient = dividend / divisor;
  return quotient - (dividend % divisor < 0 ? 1 : 0);
}

/// value / step rounded half up: floor((2 value + step) / (2 step)); `step` > 0.
constexpr std::int64_t round_half_up(std::int64_t value, std::int64_t step) {
  return floor_div(2 * value + step, 2 * step);
}

/// Smallest number of units of size `unit` that hold `amount`.
constexpr std::int64_t ceil_div(std::int64_t amount, std::int64_t unit) {
  return (amount + unit - 1) / unit;
}

}  // namespace topkima::arith
