// SPDX-License-Identifier: Apache-2.0
#pragma once
// One row of X through the RRAM arrays of a projection, clock by clock: bit-serial inputs, column
// sums held on the bit lines, one ADC for every few columns. The reference for
// Projection::accumulate.

#include <cstdint>
#include <optional>
#include <vector>

#include "arith/rram_cells.h"

namespace topkima::arith {

class ProjectionCircuit {
 public:
  /// `column_mux`: columns that share an ADC.
  ProjectionCircuit(const ProjectionConfig& config, const std::int8_t* weights, int inputs,
                    int outputs, int column_mux);

  /// A new row, [inputs]; must outlive its last `drive`.
  void start(const std::int8_t* x);
  /// Drives the word lines with one bit of every input; the bit lines hold their sums.
  void drive(int bit);
  /// Reads the columns that the multiplexers have in `phase` (0 .. column_mux - 1), shifts and
  /// adds.
  void convert(int phase);

  /// Word lines driven.
  int driven() const { return driven_; }
  /// What has been added up so far, [outputs]; the projection after the last bit's last phase.
  const std::vector<std::int32_t>& accumulators() const { return accumulators_; }

 private:
  void drive_real();

  ProjectionConfig config_;
  int inputs_, outputs_, column_mux_;
  bool lossy_;
  int slices_;  ///< arrays per block of rows that are read on their own
  std::vector<std::int8_t>
      cells_;  ///< [slices, inputs, outputs]; the weights themselves if lossless
  const std::int8_t* x_ = nullptr;
  int bit_ = 0, driven_ = 0;
  std::vector<std::int16_t> block_;    ///< sums of few enough word lines, [outputs]
  std::vector<std::int8_t> undriven_;  ///< a line of zeros, [outputs]
  std::vector<std::int32_t> held_;     ///< [row blocks, slices, outputs]; [outputs] if lossless
  std::vector<std::int32_t> accumulators_;

  std::optional<RramCells> real_;  ///< cells with defects, in the place of the others
  PartialSumReader reader_;
  std::vector<double> held_real_;  ///< [row blocks, slices, outputs]
};

}  // namespace topkima::arith
