// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the reports of all machines share, as JSON (docs/files.md) and as lines of a summary.

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config/machine_config.h"
#include "config/machine_kind.h"
#include "config/settings.h"
#include "report/row_times.h"
#include "stage/ledger.h"

namespace topkima::report {

/// Formats a summary's line, which is not long, as printf does.
template <typename... Arguments>
std::string line(const char* format, Arguments... arguments) {
  char text[256];
  std::snprintf(text, sizeof text, format, arguments...);
  return text;
}

/// Whether results of such a machine depend on the parameter.
bool reported(const config::Parameter& parameter, const config::MachineKind& machine);
/// effective.ini: every parameter of the machine, resolved; fed back, it reproduces every file but
/// run.json.
std::string effective_ini(const config::Settings& settings, const config::MachineKind& machine);

/// How long rows took in their heads: percentiles, in cycles, of the whole way and stage by stage.
nlohmann::ordered_json rows_json(const RowTable& rows);
nlohmann::ordered_json stages_json(const std::vector<stage::Account>& accounts);
/// Under what circumstances the results came about: what is not ideal, which RTL took part, which
/// parameters rest on no published or measured figure, and the value of all on which they depend.
void add_circumstances(nlohmann::ordered_json& report, const config::Settings& settings,
                       const config::MachineKind& machine, const config::MachineConfig& config,
                       const std::vector<std::string>& rtl);

/// What is not ideal; empty where all is.
std::string nonidealities_text(const config::Settings& settings,
                               const config::MachineKind& machine);
/// That more winners are asked of a row than take part; empty where they are not.
std::string winners_text(const config::MachineConfig& config);
/// What stood in the place of models or beside them, and whether it agreed.
std::string rtl_text(const std::vector<std::string>& rtl, std::int64_t compared, bool differs);
/// How many parameters rest on no published or measured figure.
std::string assumptions_text(const config::Settings& settings, const config::MachineKind& machine);

}  // namespace topkima::report
