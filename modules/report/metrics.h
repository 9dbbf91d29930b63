// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every number by which runs of an attention module are compared, described once: --list-metrics,
// the answers of --batch, the objectives and tables of studies are made from this table.

#include <string>
#include <vector>

#include "report/metric.h"
#include "report/run_result.h"

namespace topkima::report {

using Metric = MetricOf<RunResult>;

/// Those of a machine: totals, fidelity, and five per kind of stage, named "kind.metric".
std::vector<Metric> metrics(stage::Has machine);

/// The kind of stage that saves most latency if it alone is twice as fast; where none saves any,
/// the one with most of the critical path; where that is not known, the busiest. Of equals the
/// first in the order of accounts; empty for a run without cycles.
std::string bottleneck(const RunResult& run);

}  // namespace topkima::report
