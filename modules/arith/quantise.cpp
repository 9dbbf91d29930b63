// SPDX-License-Identifier: Apache-2.0
#include "arith/quantise.h"

#include <cmath>

#include "arith/fixed_point.h"

namespace topkima::arith {
namespace {

template <typename Real>
inline __attribute__((always_inline)) Real largest(const Real* input, std::size_t count) {
  // Eight running maxima let the compiler use vector registers without reassociating.
  Real lanes[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (std::size_t l = 0; l < 8; ++l) {
      const Real magnitude = std::fabs(input[i + l]);
      lanes[l] = lanes[l] > magnitude ? lanes[l] : magnitude;
    }
  }
  for (; i < count; ++i) lanes[0] = std::max(lanes[0], std::fabs(input[i]));
  return *std::max_element(lanes, lanes + 8);
}

template <typename Real>
inline __attribute__((always_inline)) void round_all(const Real* input, std::size_t count,
                                                     double scale, double limit,
                                                     std::int8_t* output) {
  for (std::size_t i = 0; i < count; ++i) {
    // Adding and subtracting 1.5 * 2^52 rounds half to even, as rint does; |x / scale| is small.
    constexpr double magic = 6755399441055744.0;
    double steps = (static_cast<double>(input[i]) / scale + magic) - magic;
    steps = steps > limit ? limit : steps;
    steps = steps < -limit ? -limit : steps;
    output[i] = static_cast<std::int8_t>(static_cast<std::int32_t>(steps));
  }
}

TOPKIMA_SIMD_CLONES
float largest_magnitude(const float* input, std::size_t count) { return largest(input, count); }
TOPKIMA_SIMD_CLONES
double largest_magnitude(const double* input, std::size_t count) { return largest(input, count); }

TOPKIMA_SIMD_CLONES
void round_to_steps(const float* input, std::size_t count, double scale, double limit,
                    std::int8_t* output) {
  round_all(input, count, scale, limit, output);
}
TOPKIMA_SIMD_CLONES
void round_to_steps(const double* input, std::size_t count, double scale, double limit,
                    std::int8_t* output) {
  round_all(input, count, scale, limit, output);
}

template <typename Real>
double quantise_all(const Real* input, std::size_t count, int q_max, std::int8_t* output) {
  const double most = static_cast<double>(largest_magnitude(input, count));
  const double scale = most == 0.0 ? 1.0 : most / q_max;
  round_to_steps(input, count, scale, q_max, output);
  return scale;
}

}  // namespace

double quantise(const float* input, std::size_t count, int q_max, std::int8_t* output) {
  return quantise_all(input, count, q_max, output);
}

double quantise(const double* input, std::size_t count, int q_max, std::int8_t* output) {
  return quantise_all(input, count, q_max, output);
}

}  // namespace topkima::arith
