// SPDX-License-Identifier: Apache-2.0
#pragma once
// What bounds the latency of a run: kinds of stage, and kinds that gain only if they are faster
// together (stage::kinds::groups).

#include <string>
#include <vector>

#include "report/run_result.h"

namespace topkima::report {

struct Gain {
  std::string what;  ///< the kind's name, or the group's label
  double share = 0;  ///< of the latency that twice as fast stages save
};

/// All that gain something, the most first; of groups those that gain more than each of their kinds
/// does alone. Empty where the run has not kept its causes.
std::vector<Gain> gains(const RunResult& run);

/// The first of them with its share, "all projections -22.9%"; else the bottleneck (metrics.h).
std::string limit(const RunResult& run);

/// A line of the summary.
std::string limits_text(const RunResult& run);

}  // namespace topkima::report
