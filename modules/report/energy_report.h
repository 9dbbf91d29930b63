// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a run took: energy and area, for report.json and the terminal.

#include <nlohmann/json.hpp>
#include <string>

#include "report/run_result.h"

namespace topkima::report {

nlohmann::ordered_json energy_json(const RunResult& run);
/// The same of any machine, with the given totals.
nlohmann::ordered_json energy_json(const energy::EnergyReport& energy,
                                   const nlohmann::ordered_json& totals);
std::string component_table(const energy::EnergyReport& energy);
/// How much of both rests on assumptions.
std::string assumed_text(const energy::EnergyReport& energy);
/// A table of the components, and the totals with the share that rests on assumptions.
std::string energy_text(const RunResult& run);

}  // namespace topkima::report
