// SPDX-License-Identifier: Apache-2.0
#pragma once
// Projections in RRAM crossbars: X * W with bit-serial inputs.

#include <cstdint>
#include <memory>
#include <vector>

#include "arith/defects.h"
#include "arith/matmul.h"

namespace topkima::arith {

struct ProjectionConfig {
  int input_bits = 8;   ///< two's complement, one bit per read
  int weight_bits = 8;  ///< stored with an offset of 2^(weight_bits - 1), which is subtracted again
  int cell_bits = 1;
  int array_rows = 256;
  int adc_bits = 0;  ///< of the partial-sum ADCs; 0 reads every partial sum without loss
  RramDefects defects{};
};

class RramCells;

/// Weights [inputs, outputs] of one projection.
class Projection {
 public:
  Projection(const ProjectionConfig& config, const std::int8_t* weights, int inputs, int outputs);
  ~Projection();
  Projection(Projection&&) noexcept;

  /// acc [rows, outputs] of x [rows, inputs]: exact, or with every partial sum (input bit, weight
  /// slice, block of array rows) rounded to the ADC's steps of ceil(full scale / 2^adc_bits). Of
  /// cells with defects every partial sum is rounded, by a lossless ADC to whole levels.
  void accumulate(const std::int8_t* x, int rows, std::int32_t* acc) const;

 private:
  void accumulate_partial_sums(const std::int8_t* x, int rows, std::int32_t* acc) const;
  void accumulate_real(const std::int8_t* x, int rows, std::int32_t* acc) const;

  ProjectionConfig config_;
  int inputs_, outputs_;
  PackedMatrix exact_;
  std::vector<PackedMatrix> slices_;  ///< [row blocks, weight slices]; only for a lossy ADC
  std::unique_ptr<RramCells> cells_;  ///< with defects
};

}  // namespace topkima::arith
