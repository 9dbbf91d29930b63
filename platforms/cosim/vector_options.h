// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which test vectors a user wants.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "config/cosim.h"
#include "stage/row_range.h"

namespace topkima::platforms {

/// Stimulus and expected results of blocks, for testbenches elsewhere.
struct VectorOptions {
  std::string directory;
  std::vector<config::Block> blocks;
  int head = 0, crossbar = 0;
  std::optional<stage::RowRange> rows;
  std::vector<std::string> command_line;  ///< The one of this run.

  /// Whether any of them is of a block in a crossbar, whose transactions are the steps of a ramp.
  bool needs_steps() const {
    return std::any_of(blocks.begin(), blocks.end(),
                       [](auto block) { return config::facts_of(block).in_crossbar; });
  }
};

}  // namespace topkima::platforms
