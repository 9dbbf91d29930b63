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
  std::vector<config::Block> blocks = config::head_blocks();
  int head = 0, crossbar = 0;
  std::optional<stage::RowRange> rows;
  std::vector<std::string> command_line;  ///< The one of this run.

  bool has(config::Block block) const {
    return std::find(blocks.begin(), blocks.end(), block) != blocks.end();
  }
  /// Whether any of them is of a block in a crossbar, whose transactions are the steps of a ramp.
  bool needs_steps() const {
    const auto stepped = config::crossbar_blocks();
    return std::any_of(stepped.begin(), stepped.end(), [&](auto block) { return has(block); });
  }
};

}  // namespace topkima::platforms
