// SPDX-License-Identifier: Apache-2.0
#pragma once
// What masks did to a run: who took part, which crossbars rested, how k was shared out.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/run_result.h"

namespace topkima::report {

struct MaskEffects {
  struct Crossbar {
    std::int64_t rows;    ///< for which it was live, of all heads and sequences
    double participants;  ///< mean over the rows in which it has some
    double share;         ///< of k, likewise
  };

  double participants;                ///< mean over rows
  int least, most;                    ///< of a row
  std::int64_t conversions, resting;  ///< made, and not made since a crossbar rested
  std::vector<Crossbar> crossbars;
};

MaskEffects mask_effects(const RunResult& run);

/// Adds "masks" to a report, of a machine in which not all tokens take part in every row.
void add_masks(nlohmann::ordered_json& report, const RunResult& run);
/// The same in lines for a terminal; empty where all take part.
std::string masks_text(const RunResult& run);

}  // namespace topkima::report
