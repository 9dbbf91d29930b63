// SPDX-License-Identifier: Apache-2.0
#pragma once
// The report of a run: as JSON (docs/files.md), and as a summary that fits a screen.

#include <nlohmann/json.hpp>
#include <string>

#include "config/settings.h"
#include "report/run_result.h"

namespace topkima::report {

/// Whether a tool's results depend on the parameter; `encoder`: of a whole encoder's run.
bool reported(const config::Parameter& parameter, const std::string& tool, bool encoder = false);

/// report.json: no wall-clock time, no paths, nothing about observers; equal runs give equal bytes.
std::string report_json(const config::Settings& settings, const RunResult& run);

/// effective.ini: every parameter of the tool, resolved; fed back, it reproduces every file but
/// run.json.
std::string effective_ini(const config::Settings& settings, const std::string& tool,
                          bool encoder = false);
/// Of each parameter on which the results depend: value, unit, default, provenance.
nlohmann::ordered_json configuration_json(const config::Settings& settings, const std::string& tool,
                                          bool encoder = false);
/// Those whose values rest on no published or measured figure.
std::vector<std::string> assumed_parameters(const config::Settings& settings,
                                            const std::string& tool, bool encoder = false);
/// What is not ideal, as JSON and as lines of a summary; empty where all is.
nlohmann::ordered_json nonidealities_json(const config::Settings& settings,
                                          const std::string& tool);
std::string nonidealities_text(const config::Settings& settings, const std::string& tool);
nlohmann::ordered_json stages_json(const std::vector<stage::Account>& accounts);

std::string summary(const config::Settings& settings, const RunResult& run);

}  // namespace topkima::report
