// SPDX-License-Identifier: Apache-2.0
#pragma once
// The accounts of all stages of a kind as one: twelve heads have twelve score stages.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "stage/ledger.h"

namespace topkima::report {

/// Cycles, summed over the stages.
struct KindTotal {
  int stages = 0;
  std::int64_t busy = 0, starved = 0, blocked = 0;
  std::map<std::string, std::int64_t> waits;  ///< for whom, by kind
};

/// The totals in the order in which kinds first occur.
std::vector<std::pair<std::string, KindTotal>> totals_by_kind(
    const std::vector<stage::Account>& accounts);

}  // namespace topkima::report
