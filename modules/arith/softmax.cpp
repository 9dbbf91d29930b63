#include "arith/softmax.h"

#include <cmath>

namespace topkima::arith {

std::vector<std::uint16_t> exponent_table(int bits, double score_step) {
  std::vector<std::uint16_t> table(std::size_t{1} << bits);
  for (std::size_t d = 0; d < table.size(); ++d)
    table[d] = static_cast<std::uint16_t>(
        std::floor(32768.0 * std::exp(-static_cast<double>(d) * score_step) + 0.5));
  return table;
}

int divide(std::uint32_t exponent, std::uint32_t sum, int bits) {
  const std::uint64_t full = (std::uint64_t{1} << bits) - 1;
  return static_cast<int>((2 * exponent * full + sum) / (2 * std::uint64_t{sum}));
}

}  // namespace topkima::arith
