#pragma once
// Weighted values: V as ternary digits in column slices, probabilities as pulse widths, each
// array's partial sums read by a full ramp, then shifted and added.

#include <cstdint>
#include <vector>

namespace topkima::arith {

struct WeightedValueConfig {
  int d_k = 64;
  int slices = 4;        ///< ternary digits of a value's magnitude
  int array_rows = 192;  ///< token rows per array
  int bits = 5;          ///< of the arrays' ramp
  int lsb = 3;           ///< its step in units of probability * digit, >= 1
  int weight_max = 31;   ///< largest probability code
};

/// One head's V arrays with their read-out. Tokens are rows 0..tokens-1.
class WeightedValue {
 public:
  WeightedValue(const WeightedValueConfig& config, int tokens);

  /// Writes one token row of d_k values, |value| < 2^slices.
  void write(int token, const std::int8_t* values);

  /// One winner's row and its probability code, 0..weight_max.
  struct Weight {
    std::int32_t token;
    std::int32_t probability;
  };

  /// Drives the winners' rows and reads d_k outputs: sum over arrays and slices of 2^b lsb code.
  void read(const Weight* weights, int count, std::int32_t* output);

 private:
  void prepare_readout(std::int32_t largest);

  WeightedValueConfig config_;
  std::vector<std::int8_t> digits_;    ///< [tokens, slices * d_k], -1, 0 or 1
  std::vector<std::int32_t> partial_;  ///< [arrays, slices * d_k]; zero between reads
  std::vector<std::int32_t> driven_;   ///< arrays that hold a winner of the row being read
  std::vector<char> is_driven_;        ///< [arrays]
  std::vector<std::int32_t> readout_;  ///< lsb * code by partial sum, from -reach to reach
  std::int32_t reach_ = 0;
};

}  // namespace topkima::arith
