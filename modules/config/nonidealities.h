// SPDX-License-Identifier: Apache-2.0
#pragma once
// Everything about the analogue arrays of a machine that is not ideal (docs/nonidealities.md).

#include "arith/defects.h"

namespace topkima::config {

class Settings;

/// Ideal by default. What an array needs is asked for by its place in the machine.
struct Nonidealities {
  std::uint32_t seed = 1;
  /// The machine's number, below 2^24: equal machines of one run, the layers of a network, differ.
  std::uint32_t instance = 0;
  /// Number of the run's first sequence, from which noise counts them: samples keep their noise.
  std::uint32_t first_sequence = 0;
  arith::RampDefects score, value;  ///< ramps of K^T and V
  arith::CellDefects key_cells, value_cells, rram_cells;
  double rram_sigma = 0;

  /// Projections have numbers: those of stage::projections 0, 1, 2, the fold of head h
  /// first_fold + h. Other RRAM arrays of an instance take first_free and beyond.
  static constexpr std::uint32_t first_fold = 3, first_free = 8192;

  bool any() const {
    return score.any() || value.any() || key_cells.any() || value_cells.any() || rram_any();
  }
  /// Results depend on the seed.
  bool random() const;
  bool rram_any() const { return rram_sigma > 0 || rram_cells.any(); }

  arith::RampDefects score_ramp(int head, int array) const;
  /// Of the arrays `first` to `last`; the place is that of the first.
  arith::CellDefects key_arrays(int head, int first, int last) const;
  /// The defects of the head's first AV array.
  arith::RampDefects av_ramp(int head) const;
  arith::CellDefects av_array(int head) const;
  arith::RramDefects rram(std::uint32_t projection) const;

 private:
  arith::RandomKey key() const { return {seed, instance}; }
  arith::RampDefects at(arith::RampDefects ramp, std::uint32_t place) const;
};

/// Without what is in files: a table of thresholds, a list of stuck cells.
Nonidealities resolve_nonidealities(const Settings& settings);

}  // namespace topkima::config
