// SPDX-License-Identifier: Apache-2.0
#pragma once
// RRAM cells of one projection that are not ideal, and the ADC that reads their sums.
//
// Conductances are whole numbers of units, 2^(14 - cell_bits) of them for one level, and below
// 2^16: sums of them are exact in any order, so that every way of adding them up gives the same.

#include <cstdint>
#include <vector>

#include "arith/projection.h"

namespace topkima::arith {

class RramCells {
 public:
  /// Makes the cells of `weights` [inputs, outputs], in slices of cell_bits bits, the lowest first.
  RramCells(const ProjectionConfig& config, const std::int8_t* weights, int inputs, int outputs);

  /// Conductances of a word line in the arrays of a slice, [outputs], in units.
  const float* line(int slice, int input) const {
    return conductances_.data() + (std::size_t(slice) * inputs_ + input) * outputs_;
  }
  /// Adds a word line's conductances to the sums [outputs].
  void add_line(int slice, int input, double* sums) const;

 private:
  std::size_t inputs_, outputs_;
  std::vector<float> conductances_;  ///< [slices, inputs, outputs]
};

/// Word lines whose conductances a float's 24-bit significand adds without rounding.
constexpr int most_rram_lines = 256;

/// What becomes of the partial sums of non-ideal cells.
class PartialSumReader {
 public:
  explicit PartialSumReader(const ProjectionConfig& config);

  /// Adds to acc[i], for every stride-th i from `first` below `count`, what the ADC reads of
  /// sums[i] (in units), shifted to the place of an input bit and a weight slice.
  void add(const double* sums, int first, int stride, int count, int bit, int slice,
           std::int32_t* acc) const;

 private:
  ProjectionConfig config_;
  std::int32_t step_, top_;
  double unit_;
};

/// What the weights' offset of 2^(weight_bits - 1) adds to every output of an input row; the
/// digital side takes it off again.
std::int32_t weight_offset(const ProjectionConfig& config, const std::int8_t* x, int inputs);

}  // namespace topkima::arith
