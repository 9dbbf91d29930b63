// SPDX-License-Identifier: Apache-2.0
#pragma once
// A number that knows which constants it came from, and which share of it rests on assumptions.

#include <bitset>
#include <cmath>

namespace topkima::energy {

constexpr std::size_t most_constants = 64;
/// A set of constants, each a bit at its place in config::technology_constants().
using Constants = std::bitset<most_constants>;

struct Traced {
  Traced() = default;
  /// A count or a factor, which rests on nothing.
  Traced(double given) : value(given) {}
  Traced(double given, bool assumed, std::size_t constant) : value(given), sourced(!assumed) {
    constants.set(constant);
  }

  double value = 0;
  /// Share of the value that rests on no assumption. Of a product, the product of those of its
  /// factors; of a sum, their mean weighted by magnitude.
  double sourced = 1;
  Constants constants;

  double assumed_share() const { return 1 - sourced; }
};

inline Traced operator*(const Traced& a, const Traced& b) {
  Traced product;
  product.value = a.value * b.value;
  product.sourced = a.sourced * b.sourced;
  product.constants = a.constants | b.constants;
  return product;
}

inline Traced operator/(const Traced& a, const Traced& b) {
  Traced quotient = a * b;
  quotient.value = b.value == 0 ? 0 : a.value / b.value;
  return quotient;
}

inline Traced operator+(const Traced& a, const Traced& b) {
  Traced sum;
  sum.value = a.value + b.value;
  const double weight = std::abs(a.value) + std::abs(b.value);
  if (weight > 0)
    sum.sourced = (a.sourced * std::abs(a.value) + b.sourced * std::abs(b.value)) / weight;
  sum.constants = a.constants | b.constants;
  return sum;
}

inline Traced operator-(const Traced& a, const Traced& b) { return a + Traced(-1) * b; }

}  // namespace topkima::energy
