// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a run took: energy and area, for report.json and the terminal.

#include <nlohmann/json.hpp>
#include <string>

#include "report/run_result.h"

namespace topkima::report {

/// Puts a figure and its bounds into an object: "name", "name_low" and "name_high".
void put_band(nlohmann::ordered_json& to, const std::string& name, const energy::Band& band);
/// ", 42 to 210": the bounds behind a figure; empty where they show nothing.
std::string bounds_text(const energy::Band& band);

nlohmann::ordered_json energy_json(const RunResult& run);
/// The same of any machine, with the given totals.
nlohmann::ordered_json energy_json(const energy::EnergyReport& energy,
                                   const nlohmann::ordered_json& totals);
std::string component_table(const energy::EnergyReport& energy);
/// How much of both rests on assumptions, and how many of the constants used have no bounds.
std::string assumed_text(const energy::EnergyReport& energy);
/// A table of the components, and the totals with the share that rests on assumptions.
std::string energy_text(const RunResult& run);

}  // namespace topkima::report
