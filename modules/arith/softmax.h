#pragma once
// Digital softmax over the winners: exponent by table, division by their sum.

#include <cstdint>
#include <vector>

namespace topkima::arith {

/// E(d) = floor(2^15 exp(-d x) + 1/2) for the 2^bits distances d of a code from the largest one;
/// x = score_step >= 0 is the real value of one code step.
std::vector<std::uint16_t> exponent_table(int bits, double score_step);

/// P = floor((2 E (2^bits - 1) + S) / (2 S)); 0 <= E <= S, S >= 1.
int divide(std::uint32_t exponent, std::uint32_t sum, int bits);

}  // namespace topkima::arith
