// SPDX-License-Identifier: Apache-2.0
#pragma once
// What of the analogue arrays is not ideal: plain descriptions, ideal by default
// (docs/nonidealities.md).

#include <cstdint>
#include <optional>
#include <vector>

#include "arith/random.h"

namespace topkima::arith {

/// A cell that holds `level`, whatever is written to it.
struct StuckCell {
  std::uint32_t place;  ///< array_place or rram_place
  int bank, line, column;
  int level;  ///< ternary: -1, 0 or 1; RRAM: 0 or the highest
  /// The machine, of several equal ones; in all without.
  std::optional<std::uint32_t> instance = {};
};

/// Cells of one kind of arrays.
struct CellDefects {
  double share = 0;              ///< of the cells, stuck at random
  std::vector<StuckCell> given;  ///< and these, whatever was drawn for them
  RandomKey key;
  std::uint32_t place = 0;  ///< of the first array

  bool any() const { return share > 0 || !given.empty(); }
};

/// A ramp and its comparators; numbers are in steps of the ramp.
struct RampDefects {
  double noise_sigma = 0;       ///< of every value, anew in each conversion
  double comparator_sigma = 0;  ///< offset of each comparator
  double ramp_sigma = 0;        ///< of the height of each step
  /// Where the ramp stands at each step but the last, falling; empty: at (code - 1/2).
  std::vector<double> thresholds;
  RandomKey key;
  std::uint32_t place = 0;
  std::uint32_t first_sequence = 0;  ///< its number: noise counts sequences from it

  bool any() const {
    return noise_sigma > 0 || comparator_sigma > 0 || ramp_sigma > 0 || !thresholds.empty();
  }
};

/// The RRAM arrays of one projection.
struct RramDefects {
  double sigma = 0;              ///< of a cell's conductance, relative to it; at most 1/2
  CellDefects cells;             ///< given: lines are inputs, columns outputs
  RandomKey key;                 ///< of the variation
  std::uint32_t projection = 0;  ///< the arrays' number in rram_place

  bool any() const { return sigma > 0 || cells.any(); }
};

}  // namespace topkima::arith
