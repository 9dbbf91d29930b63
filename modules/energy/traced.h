// SPDX-License-Identifier: Apache-2.0
#pragma once
// A number that knows its bounds, which constants it came from, and which share of it rests on
// assumptions.

#include <algorithm>
#include <bitset>
#include <cmath>

namespace topkima::energy {

constexpr std::size_t most_constants = 64;
/// A set of constants, each a bit at its place in config::technology_constants().
using Constants = std::bitset<most_constants>;

/// A value, and the bounds between which citable sources have it: low <= value <= high. All three
/// are equal where there is one source alone.
struct Band {
  double value = 0, low = 0, high = 0;

  bool one_source() const { return low == high; }
};

/// Bounds of a result are those of interval arithmetic: every operand lies wherever within its
/// bounds makes the result least, or most. They hold whatever the constants are; where a constant
/// is in two operands of a difference or quotient, they may be wider than need be.
struct Traced : Band {
  Traced() = default;
  /// A count or a factor, which rests on nothing.
  Traced(double given) : Band{given, given, given} {}
  Traced(const Band& given, bool assumed, std::size_t constant) : Band(given), sourced(!assumed) {
    constants.set(constant);
  }

  /// Share of the value that rests on no assumption. Of a product, the product of those of its
  /// factors; of a sum, their mean weighted by magnitude.
  double sourced = 1;
  Constants constants;

  double assumed_share() const { return 1 - sourced; }
};

inline Traced operator*(const Traced& a, const Traced& b) {
  Traced product;
  product.value = a.value * b.value;
  const auto [low, high] =
      std::minmax({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
  product.low = low;
  product.high = high;
  product.sourced = a.sourced * b.sourced;
  product.constants = a.constants | b.constants;
  return product;
}

/// 0 where the divisor's value is 0. Else its bounds have one sign: a figure over a bound of 0 has
/// no upper bound, and is infinite there.
inline Traced operator/(const Traced& a, const Traced& b) {
  Traced quotient = a * b;
  static_cast<Band&>(quotient) = {};
  if (b.value == 0) return quotient;
  quotient.value = a.value / b.value;
  const auto [low, high] =
      std::minmax({a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high});
  quotient.low = low;
  quotient.high = high;
  return quotient;
}

inline Traced operator+(const Traced& a, const Traced& b) {
  Traced sum;
  sum.value = a.value + b.value;
  sum.low = a.low + b.low;
  sum.high = a.high + b.high;
  const double weight = std::abs(a.value) + std::abs(b.value);
  if (weight > 0)
    sum.sourced = (a.sourced * std::abs(a.value) + b.sourced * std::abs(b.value)) / weight;
  sum.constants = a.constants | b.constants;
  return sum;
}

inline Traced operator-(const Traced& a, const Traced& b) { return a + Traced(-1) * b; }

}  // namespace topkima::energy
