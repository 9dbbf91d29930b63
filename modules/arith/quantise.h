// SPDX-License-Identifier: Apache-2.0
#pragma once
// Symmetric quantisation of float tensors: scale = max|x| / q_max, q = rint(x / scale).

#include <cstddef>
#include <cstdint>

namespace topkima::arith {

/// Quantises `count` numbers to integers of -q_max..q_max (q_max <= 127) and returns the scale, the
/// real value of one integer step (1 when all inputs are zero). Rounds half to even. The input must
/// be finite; doubles, if not all zero, reach beyond 1e-300 (below, the scale loses its precision).
double quantise(const float* input, std::size_t count, int q_max, std::int8_t* output);
double quantise(const double* input, std::size_t count, int q_max, std::int8_t* output);

}  // namespace topkima::arith
