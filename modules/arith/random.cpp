// SPDX-License-Identifier: Apache-2.0
#include "arith/random.h"

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>

#include "arith/fixed_point.h"

namespace topkima::arith {
namespace {

// Wichura, "Algorithm AS 241", Applied Statistics 37(3), 1988: to 16 digits. Its third range begins
// beyond what 32 bits reach.
constexpr double centre = 0.425;

/// By q = p - 1/2 of -centre .. centre: nothing but basic operations.
inline double central(double q) {
  const double r = 0.180625 - q * q;
  const double numerator = ((((((2.5090809287301226727e+3 * r + 3.3430575583588128105e+4) * r +
                                6.7265770927008700853e+4) *
                                   r +
                               4.5921953931549871457e+4) *
                                  r +
                              1.3731693765509461125e+4) *
                                 r +
                             1.9715909503065514427e+3) *
                                r +
                            1.3314166789178437745e+2) *
                               r +
                           3.3871328727963666080e+0;
  const double denominator = ((((((5.2264952788528545610e+3 * r + 2.8729085735721942674e+4) * r +
                                  3.9307895800092710610e+4) *
                                     r +
                                 2.1213794301586595867e+4) *
                                    r +
                                5.3941960214247511077e+3) *
                                   r +
                               6.8718700749205790830e+2) *
                                  r +
                              4.2313330701600911252e+1) *
                                 r +
                             1.0;
  return q * numerator / denominator;
}

double tail(double q) {
  const double r = std::sqrt(-std::log(q < 0 ? q + 0.5 : 0.5 - q)) - 1.6;
  const double numerator = ((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r +
                                2.41780725177450611770e-1) *
                                   r +
                               1.27045825245236838258e+0) *
                                  r +
                              3.64784832476320460504e+0) *
                                 r +
                             5.76949722146069140550e+0) *
                                r +
                            4.63033784615654529590e+0) *
                               r +
                           1.42343711074968357734e+0;
  const double denominator = ((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r +
                                  1.51986665636164571966e-2) *
                                     r +
                                 1.48103976427480074590e-1) *
                                    r +
                                6.89767334985100004550e-1) *
                                   r +
                               1.67638483018380384940e+0) *
                                  r +
                              2.05319162663775882187e+0) *
                                 r +
                             1.0;
  return q < 0 ? -numerator / denominator : numerator / denominator;
}

/// Exact: 33 bits.
inline double offset_of(std::uint32_t word) { return (double(word) + 0.5) * 0x1p-32 - 0.5; }

TOPKIMA_SIMD_CLONES
void all_central(const std::uint32_t* words, int count, double* values) {
  for (int i = 0; i < count; ++i) values[i] = central(offset_of(words[i]));
}

}  // namespace

double gaussian(std::uint32_t word) {
  const double q = offset_of(word);
  return std::abs(q) <= centre ? central(q) : tail(q);
}

void Draws::words(const DrawAddress& at, int first, int count, std::uint32_t* words) const {
  const r123::Philox4x32 philox;
  const r123::Philox4x32::key_type key{{key_[0], key_[1]}};
  for (int i = 0; i < count; i += 4) {
    const auto block = philox({{std::uint32_t(first + i) / 4, at.line, at.place, at.time}}, key);
    std::copy_n(block.begin(), std::min(4, count - i), words + i);
  }
}

void Draws::gaussians(const DrawAddress& at, int count, double* values) const {
  constexpr int at_once = 256;
  std::uint32_t drawn[at_once];
  for (int first = 0; first < count; first += at_once) {
    const int part = std::min(at_once, count - first);
    words(at, first, part, drawn);
    all_central(drawn, part, values + first);
    for (int i = 0; i < part; ++i)
      if (std::abs(offset_of(drawn[i])) > centre) values[first + i] = tail(offset_of(drawn[i]));
  }
}

}  // namespace topkima::arith
