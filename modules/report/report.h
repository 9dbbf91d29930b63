// SPDX-License-Identifier: Apache-2.0
#pragma once
// The report of a run of one attention module: as JSON (docs/files.md), and as a summary that fits
// a screen.

#include <string>

#include "config/settings.h"
#include "report/report_parts.h"
#include "report/run_result.h"

namespace topkima::report {

/// report.json: no wall-clock time, no paths, nothing about observers; equal runs give equal bytes.
std::string report_json(const config::Settings& settings, const RunResult& run);
std::string summary(const config::Settings& settings, const RunResult& run);

}  // namespace topkima::report
